// Rows for the Node peers: postgres.js, or Node's own SQLite, with the little in which their SQL differs.
import postgres from 'postgres'

const COLUMNS = 'session_id AS "parentId", id, role, content, created_at AS "createdAt"'

export async function openedStore(url) {
  return url.startsWith('sqlite') ? openedSqlite(url.split(':///')[1]) : openedPostgres(url.replace('+asyncpg', ''))
}

function openedPostgres(url) {
  const moment = { to: 1184, from: [1184], serialize: String, parse: (text) => text } // with its microseconds
  const sql = postgres(url, { max: 10, types: { moment }, connection: { TimeZone: 'UTC' } })
  return {
    isSqlite: false,
    rows: (statement, values) => sql.unsafe(statement, values, { prepare: true }),
    keys: (ids) => ids,
    among: (column) => `${column} = ANY($2::text[])`,
    writtenMoment: (text) => `${text.slice(0, 10)}T${text.slice(11, -3)}Z`, // 2026-11-01 10:00:00.5+00
    firstMessages: `SELECT page.* FROM unnest($2::text[]) AS keys (id), LATERAL (
      SELECT ${COLUMNS} FROM messages WHERE organization_id = $1 AND session_id = keys.id
      ORDER BY created_at, id LIMIT $3) AS page`,
  }
}

async function openedSqlite(path) {
  const { DatabaseSync } = await import('node:sqlite')
  const database = new DatabaseSync(path, { readOnly: true })
  database.exec('PRAGMA mmap_size=1073741824')
  const prepared = new Map()
  return {
    isSqlite: true,
    rows(statement, values) {
      if (!prepared.has(statement)) prepared.set(statement, database.prepare(statement.replaceAll('$', '?')))
      return prepared.get(statement).all(...values)
    },
    keys: (ids) => JSON.stringify(ids),
    among: (column) => `${column} IN (SELECT value FROM json_each($2))`,
    writtenMoment: (text) => `${text.slice(0, 10)}T${text.slice(11).replace('.000000', '')}Z`,
    firstMessages: `SELECT * FROM (
      SELECT ${COLUMNS}, row_number() OVER (PARTITION BY session_id ORDER BY created_at, id) AS place FROM messages
      WHERE organization_id = $1 AND session_id IN (SELECT value FROM json_each($2))
      ) WHERE place <= $3 ORDER BY "parentId", place`,
  }
}
