import type { AdminContext } from './caller.ts';
import type { AnswerOf, GivenBody, GivenQuery, Route } from './contract.ts';

/** One request to a route, checked against the contract. */
export interface Call<Name extends Route> {
  readonly body: GivenBody<Name>;
  readonly query: GivenQuery<Name>;
  /** The `{id}` of the path; empty where it has none. */
  readonly id: string;
  /** The version that If-Match makes the change conditional on. */
  readonly version: number | undefined;
  /** For what is not in the contract: cookies and addresses. */
  readonly context: AdminContext;
}

/** Views are frozen, which zod does not say of its arrays. */
type Frozen<Value> = Value extends readonly (infer Item)[]
  ? readonly Frozen<Item>[]
  : Value extends object
    ? { readonly [Name in keyof Value]: Frozen<Value[Name]> }
    : Value;

type Answer<Name extends Route> =
  AnswerOf<Name> extends undefined ? Promise<void> : Frozen<AnswerOf<Name>> | Promise<Frozen<AnswerOf<Name>>>;

export type Handler<Name extends Route> = (call: Call<Name>) => Answer<Name>;

/** One handler for each route named; the compiler counts them. */
export type Handlers<Names extends Route = Route> = { readonly [Name in Names]: Handler<Name> };
