import assert from "node:assert/strict";
import { test } from "node:test";

import { T, hurry, pass, seconds, sleep, start } from "./world.mjs";

const gaps = (times) => times.slice(1).map((time, index) => time - times[index]);

/** Fails unless every value is within 2 ms of what was expected: timers have milliseconds. */
function near(values, expected) {
  assert.equal(values.length, expected.length, `${values} is not ${expected}`);
  values.forEach((value, index) =>
    assert.ok(Math.abs(value - expected[index]) <= 0.002, `${values} is not ${expected}`),
  );
}

test("C-PING-FIRST: the first ping comes with the opening, and none before it", () => {
  const { latest } = start();
  pass(5);
  assert.deepEqual(latest().sent, []);
  const opened = seconds();
  latest().accept();
  pass(0.02);
  near(latest().pings(), [opened]);
});

test("C-PING-FORM: the ping has one member, and nothing else is sent", () => {
  const { latest } = start();
  latest().accept();
  pass(100, { answering: latest() });
  const texts = new Set(latest().sent.map(({ data }) => data));
  assert.deepEqual([...texts].map((text) => JSON.parse(text)), [{ type: "ping" }]);
});

test("C-PING-CADENCE: a hundred pings, one interval apart, without drift", () => {
  const { latest } = start();
  const opened = seconds();
  latest().accept();
  pass(100 * T.heartbeat_interval, { answering: latest() });
  const pings = latest().pings();
  near(gaps(pings), Array(pings.length - 1).fill(T.heartbeat_interval));
  near([pings[100]], [opened + 100 * T.heartbeat_interval]);
});

test("C-PING-CADENCE: timers that are always a little late do not add up", () => {
  const { latest } = start();
  const opened = seconds();
  latest().accept();
  hurry(1.01);
  pass(50 * T.heartbeat_interval + 1, { answering: latest() });
  const pings = latest().pings();
  assert.equal(pings.length, 51);
  assert.ok(pings[50] - opened - 50 * T.heartbeat_interval <= 0.01 * T.heartbeat_interval);
});

test("C-PING-CADENCE: after a long sleep one ping is due, not all that were missed", () => {
  const { latest } = start();
  latest().accept();
  pass(1, { answering: latest() });
  sleep(10 * T.heartbeat_interval);
  pass(3 * T.heartbeat_interval, { answering: latest() });
  const [first, ...rest] = gaps(latest().pings());
  assert.ok(first >= 10 * T.heartbeat_interval);
  near(rest, Array(rest.length).fill(T.heartbeat_interval));
  assert.ok(rest.length >= 2);
});

test("C-PING-ALWAYS: busy in both directions, it pings as when idle", () => {
  const { client, latest } = start();
  latest().accept();
  for (let second = 0; second < 100; second += 1) {
    client.send('{"order":17}');
    latest().says('{"type":"echo","data":{"order":17}}');
    pass(1, { answering: latest() });
  }
  near(gaps(latest().pings()), [30, 30, 30]);
});

test("C-PING-ALWAYS: a pong shortly before the deadline moves no ping", () => {
  const { latest } = start();
  latest().accept();
  for (let beat = 0; beat < 4; beat += 1) {
    pass(T.pong_timeout - 0.1);
    latest().pongs();
    pass(T.heartbeat_interval - T.pong_timeout + 0.1);
  }
  near(gaps(latest().pings()).slice(0, 3), [30, 30, 30]);
  assert.equal(latest().closed, null);
});

test("C-PING-SINGLE: after twenty reconnects it pings as on the first connection", () => {
  const { attempts, latest } = start();
  for (let life = 0; life < 20; life += 1) {
    latest().accept();
    pass(35, { answering: latest() });
    latest().ends(1000, "heartbeat timeout");
    pass(6);
  }
  assert.equal(attempts.length, 21);
  latest().accept();
  pass(95, { answering: latest() });
  near(gaps(latest().pings()), [30, 30, 30]);
  for (const attempt of attempts.slice(0, -1)) assert.equal(attempt.pings().length, 2);
});

test("C-PONG-MISSING: not before pong_timeout, and soon after it, with 4000", () => {
  const { client, heard, latest } = start();
  latest().accept();
  pass(T.pong_timeout);
  assert.equal(latest().closed, null);
  pass(0.2);
  const { at, code, reason } = latest().closed;
  assert.deepEqual([code, reason], [4000, "pong timeout"]);
  const [ping] = latest().pings();
  assert.ok(at - ping >= T.pong_timeout && at - ping <= T.pong_timeout + 0.2);
  assert.equal(client.state, "waiting");
  const { code: told, wasClean, reconnectIn } = heard.at(-1);
  assert.deepEqual([told, wasClean], [4000, false]);
  assert.ok(reconnectIn >= T.reconnect_delay);
});

test("C-PONG-MISSING: it reconnects while the closing handshake is still unfinished", () => {
  const { attempts, heard, types } = start();
  const [silent] = attempts;
  silent.accept();
  pass(T.pong_timeout + T.reconnect_delay + T.reconnect_jitter + 0.2);
  assert.equal(attempts.length, 2);
  attempts[1].accept();
  pass(1, { answering: attempts[1] });
  const before = heard.length;
  silent.pongs();
  silent.says('{"late":true}');
  silent.breaks();
  pass(20, { answering: attempts[1] });
  assert.equal(heard.length, before, `the old socket was heard: ${types()}`);
  assert.equal(attempts.length, 2);
  assert.equal(attempts[1].closed, null);
});

test("C-PONG-MISSING: the second, third, hundredth ping is watched like the first", () => {
  const { latest } = start();
  latest().accept();
  pass(99 * T.heartbeat_interval + 0.01, { answering: latest() });
  pass(T.heartbeat_interval - 0.02);
  assert.equal(latest().pings().length, 100);
  pass(T.pong_timeout + 0.2);
  assert.equal(latest().closed.code, 4000);
});

test("C-STAY: a pong that waits to be read when a late timer wakes up is seen", () => {
  const { latest } = start();
  latest().accept();
  for (let nap = 0; nap < 3; nap += 1) {
    pass(0.02);
    sleep(T.heartbeat_interval - 0.02); // the machine was shut right after the ping
    pass(0.02);
    assert.equal(latest().closed, null);
    latest().pongs();
    pass(T.heartbeat_interval - 0.02);
  }
});

test("C-STAY: but a late timer does not keep a dead connection", () => {
  const { latest } = start();
  latest().accept();
  pass(0.02);
  sleep(T.pong_timeout + 15);
  pass(0.2);
  assert.equal(latest().closed?.code, 4000);
});

test("C-STAY: timers that tick once a minute keep a live connection, and find a dead one", () => {
  const [only] = start().attempts;
  only.accept();
  pass(1, { answering: only });
  for (let minute = 0; minute < 10; minute += 1) {
    sleep(59.99);
    pass(0.01, { answering: only });
  }
  assert.equal(only.closed, null);
  assert.equal(only.pings().length, 11);
  for (let minute = 0; minute < 3; minute += 1) {
    sleep(59.99);
    pass(0.01);
  }
  assert.equal(only.closed?.code, 4000);
});

test("C-STAY: a new connection is not held to the clock of the old", () => {
  const { attempts } = start();
  attempts[0].accept();
  pass(15);
  attempts[0].breaks();
  pass(5.1);
  attempts[1].accept();
  pass(T.pong_timeout - 0.1);
  assert.equal(attempts[1].closed, null);
});

test("B-CLIENT-PONG, B-NO-LOOP: each ping of the server gets one pong at once, a pong nothing", () => {
  const { latest, types } = start();
  latest().accept();
  pass(0.02);
  latest().pongs();
  const before = latest().sent.length;
  latest().says('{"type":"ping"}');
  latest().says(' { "type" : "\\u0070ing" } ');
  latest().pongs();
  latest().pongs();
  assert.deepEqual(
    latest().sent.slice(before).map(({ data }) => JSON.parse(data)),
    [{ type: "pong" }, { type: "pong" }],
  );
  assert.ok(!types().includes("message"));
});

test("each ping and its pong are events, and the latency is known", () => {
  const { client, heard, latest, types } = start();
  assert.equal(client.latency, null);
  latest().accept();
  pass(0.25);
  latest().pongs();
  assert.deepEqual(types(), ["open", "ping", "pong"]);
  assert.ok(Math.abs(heard.at(-1).latency - 0.25) < 0.02);
  assert.equal(client.latency, heard.at(-1).latency);
});
