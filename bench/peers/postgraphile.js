// PostGraphile 5 over the tables as they are. They have no foreign keys, so smart tags name the relations, each with the
// organisation in it. The roots are those of the token's organisation: a condition of their plans, and since every
// relation is by (organisation, id), nothing else is ever reached. Row security would cost a transaction a request.
import { createHash } from 'node:crypto'
import { createServer } from 'node:http'
import pg from 'pg'
import { postgraphile } from 'postgraphile'
import { TYPES } from 'postgraphile/@dataplan/pg'
import { makePgService } from 'postgraphile/adaptors/pg'
import { sql } from 'postgraphile/pg-sql2'
import { context } from 'postgraphile/grafast'
import { grafserv } from 'postgraphile/grafserv/node'
import { PostGraphileAmberPreset } from 'postgraphile/presets/amber'
import { extendSchema, jsonPgSmartTags, wrapPlans } from 'postgraphile/utils'

const pool = new pg.Pool({ connectionString: process.env.BENCH_DATABASE_URL.replace('+asyncpg', ''), max: 10 })
const organizations = new Map() // by the authorization header; each token is looked up once

async function organizationOf(authorization) {
  let organizationId = organizations.get(authorization)
  if (organizationId === undefined) {
    const digest = createHash('sha256').update(authorization.replace('Bearer ', '')).digest('hex')
    const { rows } = await pool.query('SELECT organization_id, scopes FROM tokens WHERE digest = $1', [digest])
    if (!JSON.parse(rows[0].scopes).includes('workspace:read')) throw new Error('the token may not read workspaces')
    organizationId = rows[0].organization_id
    organizations.set(authorization, organizationId)
  }
  return organizationId
}

function key(column, table, fieldName, foreignFieldName) {
  const back = foreignFieldName ? `|@foreignFieldName ${foreignFieldName}` : '|@behavior -manyRelation:resource:connection'
  return `(organization_id, ${column}) references ${table} (organization_id, id)|@fieldName ${fieldName}${back}`
}

const relations = {
  computers: [key('workspace_id', 'workspaces', 'workspace', 'computers')],
  charts: [key('workspace_id', 'workspaces', 'workspace', 'charts'), key('created_by_id', 'users', 'createdBy')],
  sessions: [key('workspace_id', 'workspaces', 'workspace', 'sessions'), key('agent_id', 'agents', 'agent', 'sessions')],
  messages: [key('session_id', 'sessions', 'session', 'messages')],
  workspace_agents: [
    key('workspace_id', 'workspaces', 'workspace', 'workspaceAgents'),
    key('agent_id', 'agents', 'agent', 'agentWorkspaces'),
  ],
}
const tags = Object.entries(relations).map(([table, foreignKey]) => [`public.${table}`, { tags: { foreignKey } }])

// A root's list, of the viewer's organisation only.
function own(plan) {
  const $connection = plan()
  const $rows = $connection.getSubplan()
  const $organization = context().get('organizationId')
  $rows.where(sql`${$rows}.organization_id = ${$rows.placeholder($organization, TYPES.text)}`)
  return $connection
}

const preset = {
  extends: [PostGraphileAmberPreset],
  disablePlugins: ['PgIndexBehaviorsPlugin'], // it looks at the first column of an index, which is the organisation's
  plugins: [
    jsonPgSmartTags({ version: 1, config: { class: Object.fromEntries(tags) } }),
    wrapPlans({ Query: { allWorkspaces: own, allComputers: own } }),
    extendSchema((build) => ({
      typeDefs: 'extend type Query { ownWorkspace(id: String!): Workspace }',
      objects: {
        Query: {
          plans: {
            ownWorkspace: (_root, { $id }) =>
              build.pgResources.workspaces.get({ organization_id: context().get('organizationId'), id: $id }),
          },
        },
      },
    })),
  ],
  pgServices: [makePgService({ pool, schemas: ['public'] })],
  grafast: {
    context: async (request) => ({ organizationId: await organizationOf(request.node.req.headers.authorization) }),
  },
  grafserv: { graphqlPath: '/graphql', graphiql: false },
}

const server = createServer()
const serv = postgraphile(preset).createServ(grafserv)
await serv.addTo(server)
server.listen(Number(process.env.BENCH_PORT), '127.0.0.1')
for (const signal of ['SIGTERM', 'SIGINT']) process.on(signal, () => process.exit(0))
