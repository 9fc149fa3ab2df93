import assert from "node:assert/strict";
import { test } from "node:test";

import { HeartbeatClient } from "../../../reference_client/heartbeat-client.js";
import { T, pass, start } from "./world.mjs";

const LONG = 10 * (T.heartbeat_interval + T.reconnect_cap);

test("C-CLOSE-FINAL: while open, the Close is 1000, and nothing comes after it", () => {
  const { client, attempts, heard } = start();
  const [only] = attempts;
  only.accept();
  pass(31, { answering: only });
  client.close();
  assert.deepEqual([client.state, client.readyState], ["closing", 2]);
  const { code, reason } = only.closed;
  assert.deepEqual([code, reason], [1000, ""]);
  const sent = only.sent.length;
  only.says('{"type":"ping"}');
  only.says('{"too":"late"}');
  pass(5);
  only.ends(1000);
  assert.deepEqual([client.state, client.readyState], ["closed", 3]);
  assert.deepEqual([heard.at(-1).type, heard.at(-1).reconnectIn], ["close", null]);
  const told = heard.length;
  pass(LONG);
  assert.deepEqual([attempts.length, only.sent.length, heard.length], [1, sent, told]);
});

test("C-CLOSE-FINAL: while connecting, the attempt is abandoned, even if it still succeeds", () => {
  const { client, attempts, types } = start();
  client.close();
  assert.notEqual(attempts[0].closed, null);
  attempts[0].accept();
  attempts[0].breaks();
  pass(LONG);
  assert.equal(attempts.length, 1);
  assert.deepEqual(attempts[0].sent, []);
  assert.deepEqual(types(), ["error", "close"]);
  assert.equal(client.state, "closed");
});

test("C-CLOSE-FINAL: while waiting, the reconnect is disarmed, and the end is told", async () => {
  const { client, attempts, heard } = start();
  attempts[0].accept();
  attempts[0].ends(1000, "heartbeat timeout");
  client.close();
  await Promise.resolve();
  assert.deepEqual([heard.at(-1).type, heard.at(-1).reconnectIn], ["close", null]);
  assert.equal(client.state, "closed");
  pass(LONG);
  assert.equal(attempts.length, 1);
});

test("C-CLOSE-FINAL: in every listener, close() is final", async () => {
  for (const type of ["open", "ping", "pong", "message", "close", "error", "reconnecting"]) {
    const { client, attempts, latest } = start();
    client.addEventListener(type, () => client.close());
    latest().accept();
    pass(0.02);
    latest().pongs();
    latest().says("{}");
    latest().breaks();
    pass(T.reconnect_cap);
    const count = attempts.length;
    await Promise.resolve();
    const sent = attempts.reduce((sum, attempt) => sum + attempt.sent.length, 0);
    for (const attempt of attempts) attempt.breaks();
    pass(LONG);
    assert.equal(attempts.length, count, type);
    assert.equal(attempts.reduce((sum, attempt) => sum + attempt.sent.length, 0), sent, type);
    assert.equal(client.state, "closed", type);
  }
});

test("C-CLOSE-FINAL: closing twice is closing once", () => {
  const { client, attempts, types } = start();
  attempts[0].accept();
  client.close(4001, "first");
  client.close(1000, "second");
  assert.equal(attempts[0].closed.reason, "first");
  attempts[0].ends(4001, "first");
  client.close();
  assert.deepEqual(types(), ["open", "close"]);
});

test("a code that may not be sent is refused, and changes nothing", () => {
  const { client, latest } = start();
  latest().accept();
  assert.throws(() => client.close(1001), { name: "InvalidAccessError" });
  assert.equal(client.state, "open");
  pass(T.heartbeat_interval + 0.1, { answering: latest() });
  assert.equal(latest().pings().length, 2);
});

test("a host that tells the end of an abandoned attempt inside close() is no surprise", () => {
  const { client, attempts, types } = start();
  attempts[0].close = () => attempts[0].dispatchEvent(new Event("error"));
  client.close();
  attempts[0].ends();
  pass(LONG);
  assert.deepEqual(types(), ["error", "close"]);
  assert.deepEqual([client.state, attempts.length], ["closed", 1]);
});

test("a host that does so when an error is answered with close() is none either", () => {
  const { client, attempts, types } = start();
  client.addEventListener("error", () => client.state === "connecting" && client.close());
  attempts[0].close = () => attempts[0].dispatchEvent(new Event("error"));
  attempts[0].dispatchEvent(new Event("error"));
  pass(LONG);
  assert.deepEqual(types(), ["error", "error", "close"]);
  assert.deepEqual([client.state, attempts.length], ["closed", 1]);
});

test("send() reaches the connection, and throws where there is none", () => {
  const { client, latest } = start();
  const refused = { name: "InvalidStateError" };
  assert.throws(() => client.send("early"), refused);
  latest().accept();
  client.send("now");
  assert.deepEqual(latest().sent.map(({ data }) => data), ["now"]);
  latest().ends(1001);
  assert.throws(() => client.send("between"), refused);
  client.close();
  assert.throws(() => client.send("late"), refused);
});

test("without a WebSocket it says how to get one", () => {
  assert.throws(
    () => new HeartbeatClient("ws://world/", { WebSocket: null }),
    { name: "TypeError", message: /npm install ws/ },
  );
});
