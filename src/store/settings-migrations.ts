import type { CreateTableBuilder, Migration, SchemaModule } from 'kysely';

/** What a database calls a column of bytes. */
export type BytesType = 'blob' | 'bytea';

/** By name, in the order they are applied. Once released, one is never changed. */
export function settingsMigrations(bytes: BytesType): Record<string, Migration> {
  return {
    '0001-settings': {
      async up({ schema }) {
        await createProviders(schema, bytes);
        await createCallers(schema);
        await createOperating(schema);
        await createSealCheck(schema, bytes);
      },
    },
  };
}

// Objects are JSON text, instants are milliseconds, and flags are 0 or 1.

async function createProviders(schema: SchemaModule, bytes: BytesType): Promise<void> {
  await withLifetime(schema.createTable('providers'))
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('position', 'double precision', (column) => column.notNull())
    .addColumn('settings', 'text', (column) => column.notNull())
    .addColumn('enabled', 'integer', (column) => column.notNull())
    .addColumn('version', 'integer', (column) => column.notNull())
    .addColumn('deleted_at', 'bigint')
    .execute();
  await withLifetime(schema.createTable('keys'))
    .addColumn('provider_id', 'text', (column) => column.notNull().references('providers.id').onDelete('cascade'))
    .addColumn('position', 'double precision', (column) => column.notNull())
    .addColumn('sealed_secret', bytes, (column) => column.notNull())
    .addColumn('settings', 'text', (column) => column.notNull())
    .addColumn('enabled', 'integer', (column) => column.notNull())
    .addColumn('validity', 'text')
    .addColumn('version', 'integer', (column) => column.notNull())
    .addColumn('deleted_at', 'bigint')
    .execute();
  await schema.createIndex('keys_of_provider').on('keys').column('provider_id').execute();
}

async function createCallers(schema: SchemaModule): Promise<void> {
  await withLifetime(schema.createTable('clients'))
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('digest', 'text', (column) => column.notNull())
    .addColumn('hint', 'text', (column) => column.notNull())
    .addColumn('settings', 'text', (column) => column.notNull())
    .addColumn('version', 'integer', (column) => column.notNull())
    .execute();
  await withLifetime(schema.createTable('tokens'))
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('digest', 'text', (column) => column.notNull())
    .addColumn('hint', 'text', (column) => column.notNull())
    .addColumn('last_used_at', 'bigint')
    .execute();
  await schema
    .createTable('sessions')
    .addColumn('digest', 'text', (column) => column.primaryKey())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('seen_at', 'bigint', (column) => column.notNull())
    .addColumn('expires_at', 'bigint', (column) => column.notNull())
    .execute();
}

async function createOperating(schema: SchemaModule): Promise<void> {
  await schema
    .createTable('overlays')
    .addColumn('kind', 'text', (column) => column.notNull())
    .addColumn('id', 'text', (column) => column.notNull())
    .addColumn('value', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('overlays_identity', ['kind', 'id'])
    .execute();
  await schema
    .createTable('single_values')
    .addColumn('name', 'text', (column) => column.primaryKey())
    .addColumn('value', 'text', (column) => column.notNull())
    .execute();
}

/** At most one row: proof of the key under which everything sealed was sealed. */
async function createSealCheck(schema: SchemaModule, bytes: BytesType): Promise<void> {
  await schema
    .createTable('seal_check')
    .addColumn('value', bytes, (column) => column.notNull())
    .execute();
}

function withLifetime(table: CreateTableBuilder<string>): CreateTableBuilder<string> {
  return table
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('created_at', 'bigint', (column) => column.notNull());
}
