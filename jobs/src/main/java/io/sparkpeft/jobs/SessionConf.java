package io.sparkpeft.jobs;

import io.sparkpeft.recipe.Job;
import io.sparkpeft.recipe.Recipe;
import io.sparkpeft.spark.rank.RankConf;
import io.sparkpeft.spark.storage.StorageConf;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.spark.SparkConf;

/** Spark's configuration as the jobs want it. What a user has set is never changed, only joined. */
final class SessionConf {
  /** In the launcher's default master this word stands for the recipe's train.ranks. */
  private static final String RANKS = "[ranks,";

  private static final String EXECUTOR_OPTIONS = "spark.executor.extraJavaOptions";
  private static final String DELTA_EXTENSION = "io.delta.sql.DeltaSparkSessionExtension";
  private static final String DELTA_CATALOG = "org.apache.spark.sql.delta.catalog.DeltaCatalog";

  /**
   * Freed tensors stay with the process, in huge pages: page faults cost a tenth of a step. Threads
   * share two heaps: with one each, what compilers once needed lies idle beside the workers.
   */
  private static final String GLIBC_TUNABLES =
      "glibc.malloc.hugetlb=1:glibc.malloc.mmap_threshold=4000000000"
          + ":glibc.malloc.trim_threshold=8000000000:glibc.malloc.top_pad=268435456"
          + ":glibc.malloc.arena_max=2";

  /** A JVM would begin with a heap of a sixty-fourth of the machine, which tensors have use for. */
  private static final String SMALL_HEAP_FIRST = "-Xms64m";

  /**
   * A rank's objects live no longer than a micro-batch: a small nursery is room enough for them.
   */
  private static final String OF_RANKS =
      SMALL_HEAP_FIRST + " -XX:+UseParallelGC -XX:MaxNewSize=64m";

  /** Hides credentials, not tokenizers and max_tokens. */
  private static final String REDACTION =
      "(?i)secret|password|passphrase|credential|api[._-]?key|access[._-]?key"
          + "|(?<![a-z])token(?![a-z])";

  /** A small cluster's tables are small: a few partitions do. */
  private static final Map<String, String> FOR_ONE_MACHINE =
      Map.of(
          "spark.sql.shuffle.partitions", "4",
          "spark.databricks.delta.snapshotPartitions", "2");

  private SessionConf() {}

  static SparkConf completed(
      SparkConf conf, Job job, Recipe recipe, Map<String, String> environment) {
    String ranks = "[" + recipe.train().ranks() + ",";
    if (conf.contains("spark.master")) {
      conf.setMaster(conf.get("spark.master").replace(RANKS, ranks));
    }
    if (job == Job.FINETUNE) {
      conf.setIfMissing(EXECUTOR_OPTIONS, OF_RANKS);
    }
    String name = "spark-peft-" + job.commandName() + "-" + recipe.run().id().orElse("unnamed");
    return completed(conf, name, environment);
  }

  /** The same for a session that is no single job's. */
  static SparkConf completed(SparkConf conf, String name, Map<String, String> environment) {
    name(conf, name);
    join(conf, "spark.sql.extensions", DELTA_EXTENSION);
    conf.setIfMissing("spark.sql.catalog.spark_catalog", DELTA_CATALOG);
    conf.setIfMissing("spark.redaction.regex", REDACTION);
    conf.setIfMissing("spark.ui.showConsoleProgress", "false");
    conf.setIfMissing("spark.executorEnv.GLIBC_TUNABLES", GLIBC_TUNABLES);
    conf.setIfMissing(EXECUTOR_OPTIONS, SMALL_HEAP_FIRST);
    conf.setIfMissing("spark.executorEnv.OPT_OUT_TRACKING", "true");
    if (environment.containsKey("DJL_CACHE_DIR")) {
      conf.setIfMissing("spark.executorEnv.DJL_CACHE_DIR", environment.get("DJL_CACHE_DIR"));
    }
    if (conf.get("spark.master", "").startsWith("local")) {
      FOR_ONE_MACHINE.forEach(conf::setIfMissing);
    }
    StorageConf.recommended().forEach(conf::setIfMissing);
    RankConf.recommended().forEach((key, value) -> recommend(conf, key, value));
    return conf;
  }

  /** Spark-submit names an application after its class if nobody gave it a name. */
  private static void name(SparkConf conf, String name) {
    if (conf.get("spark.app.name", "io.sparkpeft").startsWith("io.sparkpeft")) {
      conf.setAppName(name);
    }
  }

  private static void recommend(SparkConf conf, String key, String value) {
    if (key.equals("spark.plugins")) {
      join(conf, key, value);
    } else {
      conf.setIfMissing(key, value);
    }
  }

  /** Adds a class to a list of classes that a user may have begun. */
  private static void join(SparkConf conf, String key, String value) {
    List<String> present =
        Arrays.stream(conf.get(key, "").split(","))
            .map(String::trim)
            .filter(name -> !name.isEmpty())
            .toList();
    if (!present.contains(value)) {
      conf.set(
          key, Stream.concat(present.stream(), Stream.of(value)).collect(Collectors.joining(",")));
    }
  }
}
