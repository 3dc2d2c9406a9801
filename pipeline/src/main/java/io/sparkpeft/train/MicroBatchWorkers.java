package io.sparkpeft.train;

import io.sparkpeft.base.SparkPeftException;
import io.sparkpeft.data.TokenBatch;
import io.sparkpeft.data.TokenFile;
import io.sparkpeft.tensor.Engine;
import io.sparkpeft.train.GlobalStep.MicroBatch;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** The threads of a rank that compute micro-batches, each wholly on one thread. */
final class MicroBatchWorkers implements AutoCloseable {
  private final List<float[]> gradients = new ArrayList<>();
  private final ExecutorService threads;

  MicroBatchWorkers(int workers, int parameterCount) {
    for (int i = 0; i < workers; i++) {
      gradients.add(new float[parameterCount]);
    }
    this.threads = Executors.newFixedThreadPool(workers, MicroBatchWorkers::newThread);
  }

  private static Thread newThread(Runnable work) {
    Thread thread = new Thread(work, "spark-peft-micro-batch");
    thread.setDaemon(true);
    return thread;
  }

  /** What is done with one micro-batch. */
  interface Work {
    /**
     * @param gradient the worker's own buffer of the adapter's size, with anything in it
     */
    void on(TokenBatch batch, float[] gradient);
  }

  /**
   * Does the work on every micro-batch, several at once, and returns when all are done.
   *
   * @throws io.sparkpeft.base.SparkPeftException (75) if the calling thread is interrupted
   */
  void forEach(List<MicroBatch> microBatches, TokenFile file, Work work) {
    AtomicInteger next = new AtomicInteger();
    int sharers = Math.min(gradients.size(), microBatches.size());
    List<Future<?>> shares = new ArrayList<>();
    for (float[] gradient : gradients.subList(0, sharers)) {
      shares.add(threads.submit(() -> takeTurns(microBatches, next, file, work, gradient)));
    }
    try {
      await(shares);
    } finally {
      // After a failure nobody takes another turn.
      next.set(microBatches.size());
    }
  }

  private static void takeTurns(
      List<MicroBatch> microBatches,
      AtomicInteger next,
      TokenFile file,
      Work work,
      float[] gradient) {
    Engine.prepareThread();
    for (int i = next.getAndIncrement(); i < microBatches.size(); i = next.getAndIncrement()) {
      work.on(microBatches.get(i).tokens(file), gradient);
    }
  }

  private static void await(List<Future<?>> shares) {
    try {
      for (Future<?> share : shares) {
        share.get();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw TrainErrors.interrupted();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof SparkPeftException known) {
        throw known;
      }
      throw TrainErrors.microBatchFailed(e.getCause());
    }
  }

  /**
   * Waits for the micro-batches under way, interrupted or not: a process that ends while a thread
   * is inside libtorch crashes.
   */
  @Override
  public void close() {
    threads.shutdown();
    boolean interrupted = false;
    boolean ended = false;
    while (!ended) {
      try {
        ended = threads.awaitTermination(1, TimeUnit.SECONDS);
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
