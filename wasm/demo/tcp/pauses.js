/** This thread's garbage collections, as Node measures them. */
import { PerformanceObserver } from "node:perf_hooks";

export function observePauses() {
  const pauses = [];
  const note = (entries) => pauses.push(...entries.map(({ duration }) => duration));
  const observer = new PerformanceObserver((list) => note(list.getEntries()));
  observer.observe({ entryTypes: ["gc"] });
  return () => {
    note(observer.takeRecords());
    observer.disconnect();
    return pauses;
  };
}
