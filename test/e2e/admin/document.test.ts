import { afterAll, beforeAll, expect, it } from 'vitest';
import { ENDPOINTS } from '../../../src/admin/contract.ts';
import { type AdminBench, startAdminBench } from '../../support/admin-bench.ts';

interface Operation {
  readonly summary?: string;
  readonly parameters?: readonly {
    readonly name: string;
    readonly in: string;
    readonly required?: boolean;
    readonly schema: object;
  }[];
  readonly requestBody?: {
    readonly required: boolean;
    readonly content: Readonly<Record<string, { readonly schema: object }>>;
  };
  readonly responses: Readonly<Record<string, { readonly description: string; readonly content?: object }>>;
  readonly security?: readonly object[];
}

interface Document {
  readonly openapi: string;
  readonly info: { readonly title: string; readonly version: string };
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, object>> };
}

let bench: AdminBench;
let document: Document;
beforeAll(async () => {
  bench = await startAdminBench();
  const reply = await fetch(`${bench.rotato.url}/admin/api/openapi.json`, { headers: bench.admin.credentials });
  document = (await reply.json()) as Document;
});
afterAll(() => bench[Symbol.asyncDispose]());

function operations(): [string, Operation][] {
  return Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]): [string, Operation] => [
      `${method.toUpperCase()} ${path.replace('/admin/api', '')}`,
      operation,
    ]),
  );
}

it('lists every route, and no other', () => {
  const described = operations().map(([route]) => route);
  expect(described.sort()).toEqual([...Object.keys(ENDPOINTS), 'GET /events'].sort());
  expect(document.openapi).toBe('3.1.0');
});

it('says of each what it takes, what it answers, and what it answers when it cannot', () => {
  for (const [route, { summary = '', parameters = [], requestBody, responses }] of operations()) {
    expect(summary.length, route).toBeGreaterThan(5);
    const inPath = [...route.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
    const described = parameters.filter((parameter) => parameter.in === 'path');
    expect(
      described.map(({ name }) => name),
      route,
    ).toEqual(inPath);
    for (const { required } of described) expect(required).toBe(true);
    for (const { description } of Object.values(responses)) expect(description.length).toBeGreaterThan(3);
    expect(responses.default?.content, route).toHaveProperty(['application/problem+json']);
    expect(
      Object.keys(responses).filter((status) => status.startsWith('2')),
      route,
    ).toHaveLength(1);
    if (route.startsWith('GET')) expect(requestBody).toBeUndefined();
    if (requestBody !== undefined) expect(Object.keys(requestBody.content)).toEqual(['application/json']);
  }
});

it('asks for a token or session everywhere but at the sign-in', () => {
  const open = operations().filter(([, { security }]) => security?.length === 0);
  expect(open.map(([route]) => route)).toEqual(['POST /session']);
});

it('refers to nothing that it does not define', () => {
  const references = [...JSON.stringify(document).matchAll(/"\$ref":"([^"]+)"/g)].map(
    ([, reference]) => reference as string,
  );
  expect(references.length).toBeGreaterThan(50);
  for (const reference of references) {
    const name = reference.replace('#/components/schemas/', '');
    expect(document.components.schemas, reference).toHaveProperty([name]);
  }
});

it('describes objects whole: nothing is required that has no description', () => {
  const look = (schema: unknown): void => {
    if (typeof schema !== 'object' || schema === null) return;
    const { required, properties } = schema as { required?: string[]; properties?: object };
    if (Array.isArray(required) && properties !== undefined) {
      for (const name of required) expect(properties).toHaveProperty([name]);
    }
    for (const part of Object.values(schema)) look(part);
  };
  look(document.components.schemas);
});
