package io.sparkpeft.collective;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

/** Runs one thread per rank; a failing rank closes its collective, as the runner does. */
final class Ranks {
  private Ranks() {}

  interface Work<R> {
    R run(Collective collective) throws Exception;
  }

  /** What a rank ended with: a result or what it threw. */
  record End<R>(R result, Throwable failure) {}

  static <R> List<End<R>> run(List<Collective> group, Work<R> work) throws InterruptedException {
    ExecutorService threads = Executors.newFixedThreadPool(group.size());
    List<Future<R>> futures = new ArrayList<>();
    for (Collective collective : group) {
      futures.add(
          threads.submit(
              () -> {
                try (collective) {
                  return work.run(collective);
                }
              }));
    }
    threads.shutdown();
    if (!threads.awaitTermination(60, TimeUnit.SECONDS)) {
      threads.shutdownNow();
      throw new AssertionError("ranks hang");
    }
    List<End<R>> ends = new ArrayList<>();
    for (Future<R> future : futures) {
      ends.add(end(future));
    }
    return ends;
  }

  private static <R> End<R> end(Future<R> future) throws InterruptedException {
    try {
      return new End<>(future.get(), null);
    } catch (ExecutionException e) {
      return new End<>(null, e.getCause());
    }
  }
}
