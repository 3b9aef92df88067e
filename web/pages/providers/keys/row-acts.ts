import type { BulkAct, KeyView } from '../../../../src/admin/contract.ts';
import type { MoveDirection } from './key-order.ts';

/** Given once for the whole table and never changed, so that a row renders only when its own key does. */
export interface RowActs {
  act(key: KeyView, act: BulkAct): void;
  move(key: KeyView, direction: MoveDirection): void;
  edit(key: KeyView): void;
  select(key: KeyView, selected: boolean, range: boolean): void;
  focusBeside(key: KeyView, step: 1 | -1): void;
  filterGroup(group: string): void;
}
