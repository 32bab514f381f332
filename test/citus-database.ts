import pg from 'pg'

/**
 * Makes a database of this name on each node of the Citus cluster whose
 * coordinator is at `url`, and joins them as the one there is joined. Answers
 * its address, and what drops it.
 */
export async function createOnCitus(
  url: string,
  name: string,
): Promise<{ readonly url: string; readonly drop: () => Promise<void> }> {
  const at = (database: string, node?: { readonly host: string; readonly port: number }) => {
    const address = new URL(url)
    address.pathname = `/${database}`
    if (node) {
      address.hostname = node.host
      address.port = `${node.port}`
    }
    return address.href
  }
  const run = async <T extends pg.QueryResultRow>(address: string, ...statements: string[]) => {
    const client = new pg.Client({ connectionString: address })
    await client.connect()
    try {
      const results: pg.QueryResult<T>[] = []
      for (const each of statements) results.push(await client.query<T>(each))
      return results.at(-1)?.rows ?? []
    } finally {
      await client.end()
    }
  }
  const nodes = await run<{ host: string; port: number; isCoordinator: boolean }>(
    url,
    `select nodename as host, nodeport as port, groupid = 0 as "isCoordinator" from pg_dist_node order by groupid`,
  )
  for (const node of nodes) {
    await run(
      at('postgres', node),
      'set citus.enable_create_database_propagation = off',
      `create database ${name}`,
    )
    await run(at(name, node), 'create extension citus')
  }
  await run(
    at(name),
    ...nodes.map(({ host, port, isCoordinator }) =>
      isCoordinator
        ? `select citus_set_coordinator_host('${host}', ${port})`
        : `select citus_add_node('${host}', ${port})`,
    ),
  )
  return {
    url: at(name),
    drop: async () => {
      for (const node of nodes)
        await run(at('postgres', node), `drop database if exists ${name} with (force)`)
    },
  }
}
