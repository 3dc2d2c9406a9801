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

/** Opens Spark sessions with what the jobs need, leaving all that was configured as it is. */
final class Sessions {
  private static final int SECRET_BYTES = 32;
  private static final String LOCAL_CLUSTER = "local-cluster[";

  private Sessions() {}

  static SparkSession open(Job job, Recipe recipe) {
    SparkConf conf = SessionConf.completed(new SparkConf(), job, recipe, System.getenv());
    if (conf.getBoolean("spark.authenticate", false)) {
      conf.setIfMissing("spark.authenticate.secret", secret());
    }
    try {
      return SparkSession.builder().config(conf).getOrCreate();
    } catch (SparkPeftException e) {
      throw e;
    } catch (RuntimeException e) {
      throw JobErrors.noSession(conf.get("spark.master", "(none)"), e);
    }
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
