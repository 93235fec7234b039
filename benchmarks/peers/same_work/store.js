// Callbacks on the disk, each once, and their calls made due: group commit, in SQLite or in PostgreSQL.

import { createHash } from "node:crypto";
import { DatabaseSync } from "node:sqlite";

import pg from "pg";

const FINAL = new Set(["completed", "busy", "failed", "no-answer", "canceled"]);

const SQLITE = `
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = FULL;
  PRAGMA wal_autocheckpoint = 4000;
  CREATE TABLE IF NOT EXISTS callbacks (
    id INTEGER PRIMARY KEY, digest BLOB NOT NULL UNIQUE, root_sid TEXT NOT NULL, call_sid TEXT NOT NULL,
    parent_sid TEXT, kind TEXT NOT NULL, parameters TEXT NOT NULL, received_at TEXT NOT NULL);
  CREATE INDEX IF NOT EXISTS of_call ON callbacks (root_sid);
  CREATE TABLE IF NOT EXISTS calls (
    root_sid TEXT PRIMARY KEY, revision INTEGER NOT NULL, synced_revision INTEGER NOT NULL DEFAULT 0,
    due_at TEXT NOT NULL, ended INTEGER NOT NULL DEFAULT 0);
  CREATE INDEX IF NOT EXISTS due ON calls (ended, due_at) WHERE revision > synced_revision;
`;

const POSTGRESQL = `
  CREATE TABLE IF NOT EXISTS callbacks (
    id bigserial PRIMARY KEY, digest bytea NOT NULL UNIQUE, root_sid text NOT NULL, call_sid text NOT NULL,
    parent_sid text, kind text NOT NULL, parameters json NOT NULL, received_at timestamptz NOT NULL);
  CREATE INDEX IF NOT EXISTS of_call ON callbacks (root_sid);
  CREATE TABLE IF NOT EXISTS calls (
    root_sid text PRIMARY KEY, revision int NOT NULL, synced_revision int NOT NULL DEFAULT 0,
    due_at timestamptz NOT NULL, ended boolean NOT NULL DEFAULT false);
  CREATE INDEX IF NOT EXISTS due ON calls (ended, due_at) WHERE revision > synced_revision;
`;

const INSERT = `
  INSERT INTO callbacks (digest, root_sid, call_sid, parent_sid, kind, parameters, received_at)
  SELECT * FROM unnest(
    $1::bytea[], $2::text[], $3::text[], $4::text[], $5::text[], $6::json[], $7::timestamptz[])
  ON CONFLICT (digest) DO NOTHING RETURNING root_sid`;

const DUE = `
  INSERT INTO calls (root_sid, revision, due_at, ended)
  SELECT * FROM unnest($1::text[], $2::int[], $3::timestamptz[], $4::boolean[])
  ON CONFLICT (root_sid) DO UPDATE SET revision = calls.revision + excluded.revision,
    due_at = excluded.due_at, ended = calls.ended OR excluded.ended`;

function rowOf(kind, target, parameters) {
  const hash = createHash("sha1").update(`${kind}\n${target}`);
  for (const name of Object.keys(parameters).sort()) hash.update(`\0${name}\0${parameters[name]}`);
  return {
    digest: hash.digest().subarray(0, 16),
    rootSid: parameters.ParentCallSid || parameters.CallSid,
    callSid: parameters.CallSid,
    parentSid: parameters.ParentCallSid || null,
    kind,
    parameters: JSON.stringify(parameters),
    receivedAt: new Date().toISOString(),
    ended: FINAL.has(parameters.CallStatus),
  };
}

// The rows of `calls` for rows that are new, in one order everywhere.
function dueOf(rows) {
  const calls = new Map();
  for (const row of rows) {
    const call = calls.get(row.rootSid) ?? { rootSid: row.rootSid, revision: 0, ended: false };
    call.revision += 1;
    call.ended ||= row.ended;
    call.dueAt = row.receivedAt;
    calls.set(row.rootSid, call);
  }
  return [...calls.values()].sort((a, b) => (a.rootSid < b.rootSid ? -1 : 1));
}

function committingToSqlite(file) {
  const database = new DatabaseSync(file);
  database.exec(SQLITE);
  const insert = database.prepare(`
    INSERT INTO callbacks (digest, root_sid, call_sid, parent_sid, kind, parameters, received_at)
    VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (digest) DO NOTHING`);
  const due = database.prepare(`
    INSERT INTO calls (root_sid, revision, due_at, ended) VALUES (?, ?, ?, ?)
    ON CONFLICT (root_sid) DO UPDATE SET revision = revision + excluded.revision,
      due_at = excluded.due_at, ended = ended OR excluded.ended`);
  return (rows) => {
    database.exec("BEGIN IMMEDIATE");
    const added = rows.filter((row) => insert.run(
      row.digest, row.rootSid, row.callSid, row.parentSid, row.kind, row.parameters, row.receivedAt,
    ).changes > 0);
    for (const call of dueOf(added)) due.run(call.rootSid, call.revision, call.dueAt, Number(call.ended));
    database.exec("COMMIT");
  };
}

async function committingToPostgresql(url) {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(POSTGRESQL);
  return async (rows) => {
    const column = (name, of = rows) => of.map((row) => row[name]);
    await client.query("BEGIN");
    const { rows: added } = await client.query({ name: "insert", text: INSERT, values: [
      column("digest"), column("rootSid"), column("callSid"), column("parentSid"), column("kind"),
      column("parameters"), column("receivedAt"),
    ] });
    const counted = dueOf(rows);
    if (added.length < rows.length) {
      for (const call of counted) call.revision = added.filter((row) => row.root_sid === call.rootSid).length;
    }
    const calls = counted.filter((call) => call.revision > 0);
    await client.query({ name: "due", text: DUE, values: [
      column("rootSid", calls), column("revision", calls), column("dueAt", calls), column("ended", calls),
    ] });
    await client.query("COMMIT");
  };
}

// Returns a function that stores a callback; its promise resolves when the callback is on the disk.
export async function openStore(where) {
  const commit = where.startsWith("postgresql") ? await committingToPostgresql(where) : committingToSqlite(where);
  let waiting = [];
  let isWriting = false;

  async function write() {
    isWriting = true;
    while (waiting.length) {
      const batch = waiting;
      waiting = [];
      try {
        await commit(batch.map(({ row }) => row));
        for (const { resolve } of batch) resolve();
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
    }
    isWriting = false;
  }

  return (kind, target, parameters) => new Promise((resolve, reject) => {
    waiting.push({ row: rowOf(kind, target, parameters), resolve, reject });
    // What else arrived in this turn of the event loop goes into the same transaction.
    if (!isWriting) {
      isWriting = true;
      setImmediate(write);
    }
  });
}
