package io.sparkpeft.spark.rank;

import java.time.Duration;
import java.util.function.Consumer;
import org.apache.spark.SparkContext;

/** How many tasks the cluster can run at the same time, as Spark itself counts them. */
final class SlotCount {
  private static final long LOOK_MILLIS = 100;

  private final SparkContext context;

  SlotCount(SparkContext context) {
    this.context = context;
  }

  int now() {
    return context.maxNumConcurrentTasks(context.resourceProfileManager().defaultResourceProfile());
  }

  /**
   * Waits for slots: executors register after the job starts, and come back after they died.
   *
   * @throws io.sparkpeft.base.SparkPeftException (69) if they do not come in time
   */
  void await(int ranks, Duration limit, Consumer<String> messages) throws InterruptedException {
    long end = System.nanoTime() + limit.toNanos();
    boolean told = false;
    for (int slots = now(); slots < ranks; slots = now()) {
      if (System.nanoTime() > end) {
        throw RankErrors.noSlots(ranks, slots, cluster(), limit);
      }
      if (!told) {
        messages.accept(
            "waiting up to " + limit.toSeconds() + " s for " + ranks + " task slots: " + slots);
        told = true;
      }
      Thread.sleep(LOOK_MILLIS);
    }
  }

  private Cluster cluster() {
    // The driver's own block manager counts among them.
    int executors = context.getExecutorMemoryStatus().size() - (context.isLocal() ? 0 : 1);
    return new Cluster(executors, context.conf().getInt("spark.task.cpus", 1));
  }

  record Cluster(int executors, int cpusPerTask) {}
}
