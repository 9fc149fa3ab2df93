import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";

import { T, pass, sleep, start } from "./world.mjs";

let listeners; // what is listened to, on the page as a whole

/** A page that counts its listeners, in place of a browser's. */
class Page extends EventTarget {
  addEventListener(type, listener, options) {
    listeners.add(listener);
    options.signal.addEventListener("abort", () => listeners.delete(listener));
    super.addEventListener(type, listener, options);
  }
}

beforeEach(() => {
  listeners = new Set();
  const page = new Page();
  globalThis.document = new Page();
  globalThis.addEventListener = (...given) => page.addEventListener(...given);
  globalThis.dispatchEvent = (event) => page.dispatchEvent(event);
});

afterEach(() => {
  delete globalThis.document;
  delete globalThis.addEventListener;
  delete globalThis.dispatchEvent;
});

const leave = () => globalThis.dispatchEvent(new Event("pagehide"));
const show = () => globalThis.dispatchEvent(new Event("pageshow"));
const see = () => globalThis.document.dispatchEvent(new Event("visibilitychange"));

test("C-CLOSE-ON-EXIT: a page that is left closes its connection and is silent", () => {
  const { attempts } = start();
  attempts[0].accept();
  pass(1, { answering: attempts[0] });
  leave();
  assert.equal(attempts[0].closed.code, 1000);
  pass(10 * T.heartbeat_interval);
  assert.deepEqual([attempts.length, attempts[0].sent.length], [1, 1]);
});

const UNCONNECTED = { connecting: () => {}, waiting: (attempt) => attempt.breaks() };

for (const [state, before] of Object.entries(UNCONNECTED)) {
  test(`C-CLOSE-ON-EXIT: a page that is left while ${state} is silent too`, () => {
    const { client, attempts } = start();
    before(attempts[0]);
    assert.equal(client.state, state);
    leave();
    pass(10 * T.reconnect_cap);
    assert.equal(attempts.length, 1);
  });
}

const HEARD = { heard: (attempt) => attempt.ends(1000, "page left"), "not heard": () => {} };

for (const [whether, hear] of Object.entries(HEARD)) {
  test(`out of the back/forward cache it connects anew; the old end was ${whether}`, () => {
    const { client, attempts, types } = start();
    const [old] = attempts;
    old.accept();
    pass(1, { answering: old });
    leave();
    sleep(3600);
    hear(old);
    show();
    show();
    assert.equal(attempts.length, 2);
    attempts[1].accept();
    old.breaks();
    pass(65, { answering: attempts[1] });
    assert.equal(client.state, "open");
    assert.equal(attempts[1].pings().length, 3);
    assert.equal(attempts.length, 2);
    assert.equal(types().filter((type) => type === "open").length, 2);
  });
}

const ORDERS = [
  ["close", "leave", "show"],
  ["leave", "close", "show"],
];

for (const order of ORDERS) {
  test(`C-CLOSE-FINAL: what was closed stays closed: ${order.join(", ")}`, async () => {
    const { client, attempts } = start();
    attempts[0].accept();
    for (const step of order) ({ close: () => client.close(), leave, show })[step]();
    await Promise.resolve();
    attempts[0].ends(1000);
    show();
    pass(10 * T.reconnect_cap);
    assert.equal(attempts.length, 1);
    assert.equal(listeners.size, 0, "nothing listens for a client that is no more");
  });
}

test("out of the back/forward cache nothing is held against it", () => {
  const { attempts, latest } = start();
  for (let failure = 0; failure < 8; failure += 1) {
    latest().breaks();
    pass(T.reconnect_cap + 0.1);
  }
  leave();
  show();
  const count = attempts.length;
  latest().breaks();
  pass(T.reconnect_delay + T.reconnect_jitter + 0.1);
  assert.equal(attempts.length, count + 1);
});

test("a page that is shown for the first time changes nothing", () => {
  const { attempts } = start();
  show();
  see();
  assert.equal(attempts.length, 1);
  attempts[0].accept();
  pass(0.02);
  show();
  assert.equal(attempts[0].pings().length, 1);
});

test("a page that is seen again pings at once when a ping is due, and only then", () => {
  const { latest } = start();
  latest().accept();
  pass(1, { answering: latest() });
  see();
  assert.equal(latest().pings().length, 1);
  sleep(45);
  see(); // before any timer
  assert.equal(latest().pings().length, 2);
  latest().pongs();
  pass(T.heartbeat_interval - 1, { answering: latest() });
  assert.equal(latest().pings().length, 2);
});

test("a page that is seen again reconnects at once when that is due, and only then", () => {
  const { attempts } = start();
  attempts[0].accept();
  attempts[0].ends(1001);
  see();
  assert.equal(attempts.length, 1);
  sleep(T.reconnect_delay + T.reconnect_jitter + 1);
  see();
  assert.equal(attempts.length, 2);
});
