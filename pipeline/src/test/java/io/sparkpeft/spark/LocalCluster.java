package io.sparkpeft.spark;

import io.sparkpeft.spark.rank.RankConf;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.UUID;
import org.apache.spark.sql.SparkSession;

/**
 * The one Spark session of a test JVM: two executors of one core, in processes of their own, with
 * this JVM's class path. Started at the first call, shared by all test classes, ended with the JVM.
 * Loopback only, authenticated, Delta configured.
 */
public final class LocalCluster {
  private static final String TWO_EXECUTORS = "local-cluster[2,1,1024]";

  private static Optional<SparkSession> session = Optional.empty();
  private static Setup current = Setup.OURS;

  private enum Setup {
    /** As our launcher sets Spark up, and with Delta. */
    OURS,
    /** As Spark comes: no secret, no plugin. */
    PLAIN
  }

  private LocalCluster() {}

  /** Two executor processes with one task slot each. */
  public static SparkSession session() {
    return session(TWO_EXECUTORS, Setup.OURS);
  }

  /**
   * This process alone with some task slots. Ends the other session: it takes seconds to return.
   */
  public static SparkSession local(int slots) {
    return session("local[" + slots + "]", Setup.OURS);
  }

  /** The same as Spark comes: without a secret of the cluster's, without our plugin. */
  public static SparkSession plain(int slots) {
    return session("local[" + slots + "]", Setup.PLAIN);
  }

  private static synchronized SparkSession session(String master, Setup setup) {
    if (setup != current || session.filter(s -> isOf(s, master)).isEmpty()) {
      stop();
      session = Optional.of(start(master, setup));
      current = setup;
    }
    return session.get();
  }

  private static boolean isOf(SparkSession session, String master) {
    return !session.sparkContext().isStopped() && session.sparkContext().master().equals(master);
  }

  private static void stop() {
    session.ifPresent(SparkSession::stop);
    session = Optional.empty();
  }

  private static SparkSession start(String master, Setup setup) {
    prepareHome();
    SparkSession.Builder builder =
        SparkSession.builder()
            .master(master)
            .appName("spark-peft-tests")
            .config("spark.ui.enabled", false)
            .config("spark.driver.host", "127.0.0.1")
            .config("spark.driver.bindAddress", "127.0.0.1")
            .config("spark.sql.warehouse.dir", home().resolve("warehouse").toString());
    if (setup == Setup.OURS) {
      configure(builder);
    }
    return builder.getOrCreate();
  }

  private static void configure(SparkSession.Builder builder) {
    builder
        .config("spark.authenticate", true)
        .config("spark.authenticate.secret", UUID.randomUUID().toString())
        .config("spark.executor.memory", "1g")
        .config("spark.executor.extraClassPath", System.getProperty("java.class.path"))
        .config("spark.sql.extensions", "io.delta.sql.DeltaSparkSessionExtension")
        .config(
            "spark.sql.catalog.spark_catalog", "org.apache.spark.sql.delta.catalog.DeltaCatalog")
        .config("spark.sql.shuffle.partitions", 2)
        .config("spark.databricks.delta.snapshotPartitions", 2)
        .config("spark.sql.debug.maxToStringFields", 1000);
    RankConf.recommended().forEach(builder::config);
  }

  /**
   * Executors are launched from a Spark home. An empty one will do, for the jars are on this JVM's
   * class path; but its folder of jars must be there.
   */
  private static void prepareHome() {
    try {
      Files.createDirectories(home().resolve("jars"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Path home() {
    String home = System.getenv("SPARK_HOME");
    if (home == null) {
      throw new IllegalStateException(
          "SPARK_HOME and SPARK_SCALA_VERSION=2.13 must be set; Maven's surefire does so");
    }
    return Path.of(home);
  }
}
