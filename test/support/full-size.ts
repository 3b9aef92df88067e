/**
 * Tests whose subject is a long time or a large body run scaled down; `ROTATO_FULL_SIZE=1` runs them as the failure
 * is described, which takes half an hour.
 */
export const FULL_SIZE = process.env.ROTATO_FULL_SIZE === '1';
