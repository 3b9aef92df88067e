import type { HeaderList } from '../model/header-list.ts';
import type { Outcome } from '../model/outcome.ts';
import type { QuotaTraits, Wire } from '../model/provider.ts';
import type { Secret } from '../model/secret.ts';
import { anthropicWire } from './anthropic.ts';
import { readErrorBody } from './error-body.ts';
import { errorFactsInEvent } from './event-error.ts';
import { geminiWire } from './gemini.ts';
import { openaiWire } from './openai.ts';
import type { CredentialHeader, Preset } from './preset.ts';
import type { ProviderAdapter, RefusedReply } from './provider-adapter.ts';
import { limitReader } from './rate-limit-headers.ts';
import { type Refusal, refusalInBand, refusalOfReply } from './refusal.ts';
import { refusalJudge } from './refusal-rules.ts';
import type { WireFormat } from './wire-format.ts';

const WIRE_FORMATS: Readonly<Record<Wire, WireFormat>> = {
  openai: openaiWire,
  anthropic: anthropicWire,
  gemini: geminiWire,
};

const adapters = new WeakMap<Preset, ProviderAdapter>();

/** The adapter of a preset: pure functions, made once. */
export function adapterFor(preset: Preset): ProviderAdapter {
  const known = adapters.get(preset);
  if (known !== undefined) return known;
  const made = makeAdapter(preset);
  adapters.set(preset, made);
  return made;
}

function makeAdapter(preset: Preset): ProviderAdapter {
  const judge = refusalJudge(preset.refusals);
  return {
    ...WIRE_FORMATS[preset.wire],
    traits: traitsOf(preset),
    errorsInStream: preset.errorsInStream,
    organisationRequestHeaders: preset.organisationRequestHeaders,
    validation: preset.validation,
    authorize: (secret) => authorize(preset, secret),
    classify: (reply) => classify(reply, judge),
    classifyEvent(event, data) {
      const facts = errorFactsInEvent(event, data);
      return facts === null ? null : judge(refusalInBand(facts));
    },
    readLimits: limitReader(preset.limitHeaders),
    organisationOf: (headers, body) => organisationOf(preset, headers, body),
  };
}

function authorize(preset: Preset, secret: Secret): readonly [string, string] {
  const value = secret.reveal();
  const { header, scheme }: CredentialHeader =
    preset.alternatives.find(({ startsWith }) => value.startsWith(startsWith)) ?? preset.credential;
  return [header, scheme === null ? value : `${scheme} ${value}`];
}

function classify(reply: RefusedReply, judge: (refusal: Refusal) => Outcome): Outcome {
  if (reply.status >= 400) {
    return judge(refusalOfReply(readErrorBody(reply.body), reply.status, reply.headers, reply.receivedAt));
  }
  const facts = errorFactsInEvent(null, reply.body);
  return facts === null ? { kind: 'served', usage: null } : judge(refusalInBand(facts));
}

function traitsOf(preset: Preset): QuotaTraits {
  return {
    ...preset.quota,
    modelClass: (model) => modelClass(preset, model),
    concurrencyOnly: preset.selfHosted,
    freeValidation: preset.validation !== null,
  };
}

const LONGEST_MODEL = 200;

function modelClass({ modelFamilies }: Preset, model: string): string {
  if (model.length > LONGEST_MODEL) return model;
  const family = modelFamilies.find(({ pattern }) => pattern.test(model));
  return family === undefined ? model : model.replace(family.pattern, family.modelClass);
}

/** "Rate limit reached for model … in organization `org_01h…`" (OpenAI, Groq); OpenRouter's errors carry a `user_id`. */
const ORGANISATION_IN_TEXT =
  /\borganization `?(org[-_][A-Za-z0-9]{4,64})|"user_id"\s{0,4}:\s{0,4}"(user_[A-Za-z0-9]{4,64})"/;

function organisationOf(preset: Preset, headers: HeaderList, body: string | undefined): string | null {
  const named = preset.organisationReplyHeader === null ? null : headers.get(preset.organisationReplyHeader);
  if (named !== null && named !== '') return named;
  const match = body === undefined ? null : ORGANISATION_IN_TEXT.exec(body);
  return match?.[1] ?? match?.[2] ?? null;
}
