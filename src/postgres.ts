export { postgresStore, type PostgresStore, type PostgresStoreOptions } from './stores/postgres.js'
export type { PgListener, PostgresJsListener, PostgresListener } from './stores/postgres-notices.js'
export type { PgClient, PostgresClient, PostgresJsClient } from './stores/postgres-statements.js'
