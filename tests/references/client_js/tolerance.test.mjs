import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { T, pass, start } from "./world.mjs";

const vectors = new URL("../../../spec/vectors/", import.meta.url);
const texts = (name) =>
  JSON.parse(readFileSync(new URL(name, vectors), "utf8")).vectors.map(({ message }) => message);

const isPong = (said) => {
  try {
    return typeof said === "string" && JSON.parse(said)?.type === "pong";
  } catch {
    return false;
  }
};

const NOISE = [
  ...["not-json.json", "values.json", "near-pings.json", "beyond-i-json.json"].flatMap(texts),
  "",
  "NaN",
  '{"type":"echo","data":NaN}',
  '{"type":"fanfare"}',
  '{"type":"echo","data":{"nobody":"asked"}}',
  '{"type":["pong"]}',
  '{"type":null}',
  '{"__proto__":{"type":"pong"}}',
  "null",
  JSON.stringify("x".repeat(65_534)),
  "x".repeat(2 ** 20),
  "[".repeat(100_000),
  new Uint8Array([0, 255]).buffer,
  new Blob(['{"type":"pong"}']),
  Buffer.from('{"type":"pong"}'),
].filter((said) => !isPong(said)); // a pong is none, however it is spelled

test("C-TOLERATE: whatever comes, the connection and the heartbeat go on", () => {
  assert.ok(NOISE.length > 60);
  const { attempts, heard, latest } = start();
  latest().accept();
  pass(1, { answering: latest() });
  for (const noise of NOISE) latest().says(noise);
  assert.deepEqual(
    heard.filter(({ type }) => type === "message").map(({ data }) => data),
    NOISE,
    "everything that is no heartbeat is handed on as it came",
  );
  pass(3 * T.heartbeat_interval, { answering: latest() });
  assert.equal(latest().pings().length, 4);
  assert.equal(latest().sent.length, 4, "noise is never answered");
  assert.deepEqual([attempts.length, latest().closed], [1, null]);
});

test("C-TOLERATE: noise is no pong", () => {
  const { latest } = start();
  latest().accept();
  pass(0.02);
  for (const noise of NOISE) latest().says(noise);
  pass(T.pong_timeout + 0.2);
  assert.equal(latest().closed?.code, 4000);
});

test("C-TOLERATE: a pong that nobody asked for, or got twice, is no event and no latency", () => {
  const { client, latest, types } = start();
  latest().accept();
  latest().pongs(); // before the first ping
  pass(0.02, { answering: latest() });
  latest().pongs();
  latest().pongs();
  assert.deepEqual(types(), ["open", "ping", "pong"]);
  const { latency } = client;
  pass(10);
  latest().pongs();
  assert.equal(client.latency, latency);
  pass(T.heartbeat_interval - 10 + 0.02);
  assert.equal(latest().pings().length, 2);
  pass(T.pong_timeout + 0.2);
  assert.equal(latest().closed?.code, 4000, "the surplus pong answers no later ping");
});

test("C-TOLERATE: a listener that throws harms nobody but itself", async () => {
  const { client, latest } = start();
  const thrown = [];
  const ours = process.listeners("uncaughtException");
  process.removeAllListeners("uncaughtException");
  process.on("uncaughtException", (error) => thrown.push(error.message));
  try {
    client.addEventListener("message", ({ data }) => JSON.parse(data));
    latest().accept();
    latest().says("not JSON");
    pass(T.heartbeat_interval + 1, { answering: latest() });
    await new Promise((resolve) => setImmediate(resolve));
  } finally {
    process.removeAllListeners("uncaughtException");
    for (const listener of ours) process.on("uncaughtException", listener);
  }
  assert.equal(thrown.length, 1);
  assert.equal(latest().pings().length, 2);
});
