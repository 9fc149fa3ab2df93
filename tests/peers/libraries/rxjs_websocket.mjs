import { interval } from "rxjs";
import { repeat, retry } from "rxjs/operators";
import { webSocket } from "rxjs/webSocket";
import { DELAY, INTERVAL, onExit, url } from "./settings.mjs";

let timer;
const subject = webSocket({
  url,
  openObserver: {
    next: () => {
      timer = interval(INTERVAL).subscribe(() => subject.next({ type: "ping" }));
    },
  },
  closeObserver: { next: () => timer?.unsubscribe() },
});
const life = subject.pipe(retry({ delay: DELAY }), repeat({ delay: DELAY })).subscribe();
onExit(() => {
  timer?.unsubscribe();
  life.unsubscribe();
});
