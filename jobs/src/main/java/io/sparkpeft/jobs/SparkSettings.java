package io.sparkpeft.jobs;

import org.apache.spark.SparkConf;
import org.apache.spark.util.Utils;

/** Spark's settings for a process that spark-submit did not start. */
final class SparkSettings {
  /** The launcher's word for the file that {@code --properties-file} names. */
  private static final String PROPERTIES_FILE = "spark-peft.properties-file";

  private SparkSettings() {}

  /**
   * Makes system properties of the settings in a file, as spark-submit does: of the one that the
   * launcher was given, else of spark-defaults.conf. Those that are set already stay.
   */
  static void load() {
    String file = System.getProperty(PROPERTIES_FILE);
    try {
      Utils.loadDefaultSparkProperties(new SparkConf(), file);
    } catch (RuntimeException e) {
      throw JobErrors.noSettings(file, e);
    }
  }
}
