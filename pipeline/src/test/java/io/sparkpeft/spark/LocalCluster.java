package io.sparkpeft.spark;

import io.sparkpeft.spark.rank.RankConf;
import io.sparkpeft.spark.storage.StorageConf;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;
import org.apache.spark.sql.SparkSession;

/**
 * The one Spark session of a test JVM: two executors of one core, in processes of their own, with
 * this JVM's class path. Started at the first call, shared by all test classes, ended with the JVM.
 * Loopback only, authenticated, Delta configured.
 */
public final class LocalCluster {
  private static final String TWO_EXECUTORS = "local-cluster[2,1,1024]";
  private static final String SECRET = UUID.randomUUID().toString();

  private static Optional<SparkSession> session = Optional.empty();
  private static Setup current = Setup.ours("");

  /** What a session is started with. */
  private record Setup(String master, Map<String, String> settings) {
    /** As our launcher sets Spark up, and with Delta. */
    static Setup ours(String master) {
      return new Setup(master, ourSettings());
    }

    /** As Spark comes: no secret, no plugin. */
    static Setup plain(String master) {
      return new Setup(master, Map.of());
    }

    /** With a GPU for each task. */
    static Setup withGpus(String master, Path discoveryScript) {
      Map<String, String> settings = new TreeMap<>(ourSettings());
      settings.put("spark.worker.resource.gpu.amount", "2");
      settings.put("spark.worker.resource.gpu.discoveryScript", discoveryScript.toString());
      settings.put("spark.executor.resource.gpu.amount", "1");
      settings.put("spark.task.resource.gpu.amount", "1");
      return new Setup(master, settings);
    }
  }

  private LocalCluster() {}

  /** Two executor processes with one task slot each. */
  public static SparkSession session() {
    return session(Setup.ours(TWO_EXECUTORS));
  }

  /**
   * This process alone with some task slots. Ends the other session: it takes seconds to return.
   */
  public static SparkSession local(int slots) {
    return session(Setup.ours("local[" + slots + "]"));
  }

  /** The same as Spark comes: without a secret of the cluster's, without our plugin. */
  public static SparkSession plain(int slots) {
    return session(Setup.plain("local[" + slots + "]"));
  }

  /** Two executor processes with a GPU each, which only the discovery script needs to know of. */
  public static SparkSession gpus(Path discoveryScript) {
    return session(Setup.withGpus(TWO_EXECUTORS, discoveryScript));
  }

  /** Two executor processes, with settings for an object store. */
  public static SparkSession with(Map<String, String> settings) {
    Map<String, String> all = new TreeMap<>(ourSettings());
    all.putAll(StorageConf.recommended());
    settings.forEach((key, value) -> all.put("spark.hadoop." + key, value));
    return session(new Setup(TWO_EXECUTORS, all));
  }

  private static synchronized SparkSession session(Setup setup) {
    boolean runs = session.filter(s -> !s.sparkContext().isStopped()).isPresent();
    if (!runs || !setup.equals(current)) {
      stop();
      session = Optional.of(start(setup));
      current = setup;
    }
    return session.get();
  }

  private static void stop() {
    session.ifPresent(SparkSession::stop);
    session = Optional.empty();
  }

  private static SparkSession start(Setup setup) {
    prepareHome();
    SparkSession.Builder builder =
        SparkSession.builder()
            .master(setup.master())
            .appName("spark-peft-tests")
            .config("spark.ui.enabled", false)
            .config("spark.driver.host", "127.0.0.1")
            .config("spark.driver.bindAddress", "127.0.0.1")
            .config("spark.sql.warehouse.dir", home().resolve("warehouse").toString());
    setup.settings().forEach(builder::config);
    return builder.getOrCreate();
  }

  private static Map<String, String> ourSettings() {
    Map<String, String> settings = new TreeMap<>(RankConf.recommended());
    settings.put("spark.authenticate", "true");
    settings.put("spark.authenticate.secret", SECRET);
    settings.put("spark.executor.memory", "1g");
    settings.put("spark.executor.extraClassPath", System.getProperty("java.class.path"));
    settings.put("spark.sql.extensions", "io.delta.sql.DeltaSparkSessionExtension");
    settings.put(
        "spark.sql.catalog.spark_catalog", "org.apache.spark.sql.delta.catalog.DeltaCatalog");
    settings.put("spark.sql.shuffle.partitions", "2");
    settings.put("spark.databricks.delta.snapshotPartitions", "2");
    settings.put("spark.sql.debug.maxToStringFields", "1000");
    return settings;
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
