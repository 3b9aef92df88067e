import { z } from '@hono/zod-openapi';
import type {
  BucketView,
  ConcurrencyView,
  GroupView,
  KeyView,
  OverloadView,
  PoolView,
  ProviderView,
} from '../key-pool/pool-view.ts';
import { stateShape, windowView } from './view-schemas.ts';

/** The live state of the pool, as JSON. */

const instant = z.number().describe('Milliseconds since the Unix epoch');
const count = z.number().int();

const concurrency: z.ZodType<ConcurrencyView> = z.strictObject({ running: count, cap: z.number() });

const bucket: z.ZodType<BucketView> = z
  .strictObject({
    ...stateShape,
    modelClass: z.string(),
    running: count,
    windows: z.array(windowView),
    concurrency: concurrency.nullable(),
    slowStart: z.number().nullable(),
  })
  .openapi('PoolBucket');

const group: z.ZodType<GroupView> = z
  .strictObject({
    ...stateShape,
    name: z.string(),
    label: z.string(),
    keys: z.array(z.string()),
    merged: z.array(z.string()),
    windows: z.array(windowView),
    concurrency: concurrency.nullable(),
    buckets: z.array(bucket),
  })
  .openapi('PoolGroup');

const key: z.ZodType<KeyView> = z
  .strictObject({
    ...stateShape,
    id: z.string(),
    label: z.string(),
    group: z.string(),
    running: count,
    proven: z.boolean(),
    lastSuccessAt: instant.nullable(),
    latencyMs: z.number().nullable(),
    windows: z.array(windowView),
    overlay: z.enum(['disabled', 'draining']).nullable(),
  })
  .openapi('PoolKey');

const overload: z.ZodType<OverloadView> = z.strictObject({
  modelClass: z.string(),
  until: instant,
  reason: z.string(),
});

const provider: z.ZodType<ProviderView> = z
  .strictObject({
    name: z.string(),
    enabled: z.boolean(),
    waiting: count,
    running: count,
    capacityNow: z.number().nullable(),
    groups: z.array(group),
    groupCount: count,
    keys: z.array(key),
    keyCount: count,
    overloaded: z.array(overload),
  })
  .openapi('PoolProvider');

export const poolView: z.ZodType<PoolView> = z
  .strictObject({ at: instant, waiting: count, providers: z.array(provider) })
  .openapi('Pool');
