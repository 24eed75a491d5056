// Mercurius on Fastify with its JIT, batched loaders and no loader cache (a batch asks each key once anyway);
// postgres.js, whose statements stay prepared, or Node's own SQLite.
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import Fastify from 'fastify'
import { GraphQLScalarType } from 'graphql'
import mercurius from 'mercurius'
import { openedStore } from './rows.js'

const store = await openedStore(process.env.BENCH_DATABASE_URL)
const organizations = new Map() // by the authorization header; each token is looked up once

async function organizationOf(authorization) {
  let organizationId = organizations.get(authorization)
  if (organizationId === undefined) {
    const digest = createHash('sha256').update(authorization.replace('Bearer ', '')).digest('hex')
    const [row] = await store.rows('SELECT organization_id, scopes FROM tokens WHERE digest = $1', [digest])
    if (!JSON.parse(row.scopes).includes('workspace:read')) throw new Error('the token may not read workspaces')
    organizationId = row.organization_id
    organizations.set(authorization, organizationId)
  }
  return organizationId
}

const DateTime = new GraphQLScalarType({ name: 'DateTime', serialize: store.writtenMoment })

const WORKSPACE = `id, name, description, status, is_archived AS "isArchived", created_at AS "createdAt",
  updated_at AS "updatedAt", last_active_at AS "lastActiveAt"`
const COMPUTER = `id, workspace_id AS "workspaceId", name, os, ram, cpu, gpu, disk_size_gb AS "diskSizeGb", status,
  hostname, created_at AS "createdAt"`

const resolvers = {
  DateTime,
  Query: {
    async workspace(_root, { id }, context) {
      const statement = `SELECT ${WORKSPACE} FROM workspaces WHERE organization_id = $1 AND id = $2`
      return (await store.rows(statement, [context.organizationId, id]))[0] ?? null
    },
    async workspaces(_root, { first }, context) {
      const statement = `SELECT ${WORKSPACE} FROM workspaces WHERE organization_id = $1
        ORDER BY created_at DESC NULLS LAST, id DESC LIMIT $2`
      return { nodes: await store.rows(statement, [context.organizationId, first]) }
    },
    async computers(_root, { first }, context) {
      const statement = `SELECT ${COMPUTER} FROM computers WHERE organization_id = $1
        ORDER BY created_at ASC NULLS LAST, id LIMIT $2`
      return { nodes: await store.rows(statement, [context.organizationId, first]) }
    },
  },
}
if (store.isSqlite) resolvers.Workspace = { isArchived: (parent) => Boolean(parent.isArchived) }

// A loader of lists: the children of each parent as a page.
function lists(statement) {
  return batched(async (queries, context) => {
    const found = new Map(queries.map(({ obj }) => [obj.id, []]))
    for (const row of await store.rows(statement, [context.organizationId, store.keys([...found.keys()])])) {
      found.get(row.parentId).push(row)
    }
    return queries.map(({ obj }) => ({ nodes: found.get(obj.id) }))
  })
}

// A loader of single records, named by a column of the parent.
function records(statement, idOf) {
  return batched(async (queries, context) => {
    const ids = [...new Set(queries.map(({ obj }) => idOf(obj)))].filter((id) => id !== null)
    const rows = await store.rows(statement, [context.organizationId, store.keys(ids)])
    const byId = new Map(rows.map((row) => [row.id, row]))
    return queries.map(({ obj }) => byId.get(idOf(obj)) ?? null)
  })
}

function batched(loader) {
  return { loader, opts: { cache: false } }
}

const loaders = {
  Workspace: {
    agents: lists(`SELECT pair.workspace_id AS "parentId", agents.id, name, status FROM workspace_agents AS pair
      JOIN agents ON agents.organization_id = pair.organization_id AND agents.id = pair.agent_id
      WHERE pair.organization_id = $1 AND ${store.among('pair.workspace_id')} ORDER BY name, agents.id`),
    computers: lists(`SELECT workspace_id AS "parentId", ${COMPUTER} FROM computers
      WHERE organization_id = $1 AND ${store.among('workspace_id')} ORDER BY workspace_id, created_at, id`),
    charts: lists(`SELECT workspace_id AS "parentId", id, title, position, created_by_id AS "createdById" FROM charts
      WHERE organization_id = $1 AND ${store.among('workspace_id')} ORDER BY workspace_id, position, id`),
    sessions: lists(`SELECT workspace_id AS "parentId", id, title, agent_id AS "agentId", created_at AS "createdAt"
      FROM sessions WHERE organization_id = $1 AND ${store.among('workspace_id')}
      ORDER BY workspace_id, created_at DESC, id DESC`),
  },
  Computer: {
    workspace: records(
      `SELECT ${WORKSPACE} FROM workspaces WHERE organization_id = $1 AND ${store.among('id')}`,
      (computer) => computer.workspaceId,
    ),
  },
  Chart: {
    createdBy: records(
      `SELECT id, email, first_name AS "firstName", last_name AS "lastName" FROM users
        WHERE organization_id = $1 AND ${store.among('id')}`,
      (chart) => chart.createdById,
    ),
  },
  Session: {
    agent: records(
      `SELECT id, name, status FROM agents WHERE organization_id = $1 AND ${store.among('id')}`,
      (session) => session.agentId,
    ),
    messages: batched(async (queries, context) => {
      const found = new Map(queries.map(({ obj }) => [obj.id, []]))
      const values = [context.organizationId, store.keys([...found.keys()]), queries[0].params.first]
      for (const row of await store.rows(store.firstMessages, values)) found.get(row.parentId).push(row)
      return queries.map(({ obj }) => ({ nodes: found.get(obj.id) }))
    }),
  },
}

const app = Fastify()
app.register(mercurius, {
  schema: readFileSync(new URL('./schema.graphql', import.meta.url), 'utf8'),
  resolvers,
  loaders,
  jit: 1,
  context: async (request) => ({ organizationId: await organizationOf(request.headers.authorization) }),
})
await app.listen({ host: '127.0.0.1', port: Number(process.env.BENCH_PORT) })
for (const signal of ['SIGTERM', 'SIGINT']) process.on(signal, () => process.exit(0))
