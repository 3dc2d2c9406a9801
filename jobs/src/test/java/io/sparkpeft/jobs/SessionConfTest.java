package io.sparkpeft.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import io.sparkpeft.recipe.Job;
import io.sparkpeft.recipe.Recipe;
import java.util.Map;
import java.util.regex.Pattern;
import org.apache.spark.SparkConf;
import org.junit.jupiter.api.Test;

class SessionConfTest {
  private static final Recipe RECIPE =
      Recipe.defaults().with("train.ranks", 3).with("run.id", "mine");

  @Test
  void theDefaultMasterHasAnExecutorForEachRank() {
    SparkConf conf = completed(new SparkConf(false).setMaster("local-cluster[ranks,1,1024]"));
    assertThat(conf.get("spark.master")).isEqualTo("local-cluster[3,1,1024]");
    assertThat(completed(new SparkConf(false)).contains("spark.master")).isFalse();
  }

  @Test
  void whatTheUserSetIsJoinedNotChanged() {
    SparkConf conf =
        completed(
            new SparkConf(false)
                .setMaster("spark://host:7077")
                .setAppName("my-name")
                .set("spark.plugins", "my.Plugin")
                .set("spark.sql.extensions", "io.delta.sql.DeltaSparkSessionExtension")
                .set("spark.executorEnv.GLIBC_TUNABLES", "mine")
                .set("spark.executor.extraJavaOptions", "-Xms1g"));
    assertThat(conf.get("spark.master")).isEqualTo("spark://host:7077");
    assertThat(conf.get("spark.app.name")).isEqualTo("my-name");
    assertThat(conf.get("spark.plugins"))
        .isEqualTo("my.Plugin,io.sparkpeft.spark.telemetry.TelemetryPlugin");
    assertThat(conf.get("spark.sql.extensions"))
        .isEqualTo("io.delta.sql.DeltaSparkSessionExtension");
    assertThat(conf.get("spark.executorEnv.GLIBC_TUNABLES")).isEqualTo("mine");
    assertThat(conf.get("spark.executor.extraJavaOptions")).isEqualTo("-Xms1g");
    assertThat(conf.contains("spark.sql.shuffle.partitions")).isFalse();
  }

  @Test
  void ranksHaveASmallNursery() {
    assertThat(completed(new SparkConf(false)).get("spark.executor.extraJavaOptions"))
        .isEqualTo("-Xms64m -XX:+UseParallelGC -XX:MaxNewSize=64m");
    SparkConf other = SessionConf.completed(new SparkConf(false), Job.PREPARE, RECIPE, Map.of());
    assertThat(other.get("spark.executor.extraJavaOptions")).isEqualTo("-Xms64m");
  }

  @Test
  void anApplicationIsNamedAfterJobAndRun() {
    SparkConf conf = completed(new SparkConf(false).setAppName("io.sparkpeft.jobs.Main"));
    assertThat(conf.get("spark.app.name")).isEqualTo("spark-peft-finetune-mine");
  }

  @Test
  void redactionHidesCredentialsAndNotTokenizers() {
    Pattern pattern = Pattern.compile(completed(new SparkConf(false)).get("spark.redaction.regex"));
    for (String hidden :
        new String[] {
          "HF_TOKEN", "session.token", "auth-token", "AWS_ACCESS_KEY_ID", "fs.s3a.secret.key"
        }) {
      assertThat(pattern.matcher(hidden).find()).as(hidden).isTrue();
    }
    for (String shown : new String[] {"tokenizer", "max-tokens", "target_tokens"}) {
      assertThat(pattern.matcher(shown).find()).as(shown).isFalse();
    }
  }

  private static SparkConf completed(SparkConf conf) {
    return SessionConf.completed(conf, Job.FINETUNE, RECIPE, Map.of());
  }
}
