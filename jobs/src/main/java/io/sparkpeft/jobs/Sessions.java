package io.sparkpeft.jobs;

import io.sparkpeft.base.NewFolder;
import io.sparkpeft.base.SparkPeftException;
import io.sparkpeft.recipe.Job;
import io.sparkpeft.recipe.Recipe;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.Optional;
import org.apache.spark.SparkConf;
import org.apache.spark.sql.SparkSession;
import scala.Tuple2;

/** Opens Spark sessions with what the jobs need, leaving all that was configured as it is. */
public final class Sessions {
  private static final int SECRET_BYTES = 32;
  private static final String LOCAL_CLUSTER = "local-cluster[";

  private Sessions() {}

  static SparkSession open(Job job, Recipe recipe) {
    SparkConf conf =
        withSecret(SessionConf.completed(new SparkConf(), job, recipe, System.getenv()));
    try {
      return SparkSession.builder().config(conf).getOrCreate();
    } catch (SparkPeftException e) {
      throw e;
    } catch (RuntimeException e) {
      throw JobErrors.noSession(conf.get("spark.master", "(none)"), e);
    }
  }

  /**
   * Makes what the jobs need the default of every session that this process opens by itself, as a
   * notebook's cells do with no more than {@code SparkSession.builder().getOrCreate()}.
   *
   * @param name of the application, unless the user gave it one
   */
  public static void setDefaults(String name) {
    SparkConf conf = withSecret(SessionConf.completed(new SparkConf(), name, System.getenv()));
    for (Tuple2<String, String> setting : conf.getAll()) {
      System.setProperty(setting._1(), setting._2());
    }
  }

  private static SparkConf withSecret(SparkConf conf) {
    return conf.getBoolean("spark.authenticate", false)
        ? conf.setIfMissing("spark.authenticate.secret", secret())
        : conf;
  }

  /** Stops Spark; on an embedded cluster also removes the copies of jars that executors made. */
  static void close(SparkSession session) {
    String master = session.sparkContext().master();
    String application = session.sparkContext().applicationId();
    session.stop();
    Optional<String> home = Optional.ofNullable(System.getenv("SPARK_HOME"));
    if (master.startsWith(LOCAL_CLUSTER) && home.isPresent()) {
      NewFolder.deleteTree(Path.of(home.get(), "work", application));
    }
  }

  /** Known to this process and, through their environment, to the executors it starts. */
  private static String secret() {
    byte[] bytes = new byte[SECRET_BYTES];
    new SecureRandom().nextBytes(bytes);
    return HexFormat.of().formatHex(bytes);
  }
}
