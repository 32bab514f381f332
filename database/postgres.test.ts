import { beforeAll, expect, it } from 'vitest'
import { testPostgres } from '../test/databases.ts'
import { inTransaction, type Pool } from './postgres.ts'

let pool: Pool
beforeAll(async () => {
  pool = (await testPostgres()).pool
})

// Vitest fails a run in which an error event found no listener.
it('a connection that breaks within a transaction fails the transaction, and only that', async () => {
  const broken = inTransaction(pool, async (connection) => {
    const { rows } = await connection.query<{ pid: number }>('select pg_backend_pid() as pid')
    await pool.query('select pg_terminate_backend($1)', [rows[0]?.pid])
    await new Promise((resolve) => setTimeout(resolve, 200))
    await connection.query('select 1')
  })
  await expect(broken).rejects.toThrow()
  const { rows } = await pool.query('select 1 as answer')
  expect(rows).toEqual([{ answer: 1 }])
})
