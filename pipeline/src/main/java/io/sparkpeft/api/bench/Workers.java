package io.sparkpeft.api.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** Threads that do the same thing at the same time. */
final class Workers implements AutoCloseable {
  private final ExecutorService threads;

  Workers(int count) {
    threads = Executors.newFixedThreadPool(count);
  }

  /** What each of them brought; at most as many as there are threads. */
  <T> List<T> together(List<Callable<T>> work) {
    List<Future<T>> futures = work.stream().map(threads::submit).toList();
    List<T> results = new ArrayList<>();
    try {
      for (Future<T> future : futures) {
        results.add(future.get());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while measuring", e);
    } catch (ExecutionException e) {
      throw new IllegalStateException("measuring failed", e.getCause());
    }
    return results;
  }

  @Override
  public void close() {
    threads.shutdown();
  }
}
