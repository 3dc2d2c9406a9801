package io.sparkpeft.spark.storage;

import static io.sparkpeft.base.ExitCode.CANNOT_WRITE;
import static io.sparkpeft.base.ExitCode.CONFIGURATION;
import static io.sparkpeft.base.ExitCode.DATA;
import static io.sparkpeft.base.ExitCode.MISSING_INPUT;
import static io.sparkpeft.base.ExitCode.TRY_AGAIN;

import io.sparkpeft.base.SparkPeftException;
import java.io.FileNotFoundException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Path;
import org.apache.hadoop.fs.UnsupportedFileSystemException;

/** The failures of object stores. No message holds a credential: none of Hadoop's does. */
final class StorageErrors {
  private static final String CREDENTIALS =
      "Credentials come from spark.hadoop.fs.s3a.*, the environment (AWS_ACCESS_KEY_ID,"
          + " AWS_SECRET_ACCESS_KEY), or the machine's role.";

  private StorageErrors() {}

  /** What a store, or the way to it, said. */
  static SparkPeftException failed(String location, Throwable cause) {
    if (cause instanceof SparkPeftException known) {
      return known;
    }
    if (cause instanceof UnsupportedFileSystemException) {
      return noFileSystem(location, cause);
    }
    if (has(cause, "UnknownStoreException")) {
      return noBucket(location, cause);
    }
    if (has(cause, "NoAuthWithAWSException") || has(cause, "CredentialInitializationException")) {
      return noCredentials(location, cause);
    }
    if (cause instanceof AccessDeniedException) {
      return refused(location, cause);
    }
    return cause instanceof FileNotFoundException
        ? nothingThere(location, cause)
        : unreachable(location, cause);
  }

  private static SparkPeftException noFileSystem(String location, Throwable cause) {
    return SparkPeftException.of(
        CONFIGURATION,
        "Cannot go to " + location + ".",
        "This Spark has no file system of that scheme.",
        "For s3a add --packages org.apache.hadoop:hadoop-aws of Spark's own Hadoop version.",
        cause);
  }

  private static SparkPeftException noBucket(String location, Throwable cause) {
    return SparkPeftException.of(
        MISSING_INPUT,
        "There is no bucket for " + location + ".",
        "The store at fs.s3a.endpoint answers, and knows no such bucket.",
        "Make the bucket, or check its name and the endpoint.",
        cause);
  }

  private static SparkPeftException noCredentials(String location, Throwable cause) {
    return SparkPeftException.of(
        CONFIGURATION,
        "There are no credentials for " + location + ".",
        CREDENTIALS,
        "Set them in one of these places.",
        cause);
  }

  private static SparkPeftException refused(String location, Throwable cause) {
    return SparkPeftException.of(
        CONFIGURATION,
        "The store refuses access to " + location + ".",
        reason(cause),
        "Check the key and what it may do. " + CREDENTIALS,
        cause);
  }

  private static SparkPeftException nothingThere(String location, Throwable cause) {
    return SparkPeftException.of(
        MISSING_INPUT,
        "There is nothing at " + location + ".",
        "The store answers, and knows no such folder or file.",
        "Check the address.",
        cause);
  }

  private static SparkPeftException unreachable(String location, Throwable cause) {
    return SparkPeftException.of(
        TRY_AGAIN,
        "Cannot reach " + location + ".",
        reason(cause),
        "Check spark.hadoop.fs.s3a.endpoint and the network, or try again.",
        cause);
  }

  static SparkPeftException noRoom(String location, long needed, Path folder, long free) {
    return SparkPeftException.of(
        CANNOT_WRITE,
        "There is no room for a copy of " + location + ".",
        "It has %s, and %s has %s left."
            .formatted(Transfer.size(needed), folder, Transfer.size(free)),
        "Free space there, or set run.cache to another folder.");
  }

  static SparkPeftException changed(String location) {
    return SparkPeftException.of(
        DATA,
        "What lies at " + location + " changed while the run was at work.",
        "Its driver and its executors would read different content.",
        "Run again, and leave inputs as they are meanwhile.");
  }

  static SparkPeftException notJson(String location, Throwable cause) {
    return SparkPeftException.of(
        DATA,
        "Cannot read " + location + " as JSON.",
        reason(cause),
        "Mend the file, or delete it.",
        cause);
  }

  static SparkPeftException notConditional(String location) {
    return SparkPeftException.of(
        CONFIGURATION,
        "The store of " + location + " does not keep conditional writes.",
        "A second write with If-None-Match replaced the first: two drivers could lose each other's"
            + " commits.",
        "Use a store that keeps them, or, with one driver at a time, set"
            + " spark.delta.logStore.s3a.impl to io.delta.storage.S3SingleDriverLogStore.");
  }

  static SparkPeftException held(String what, String holder) {
    return SparkPeftException.of(
        TRY_AGAIN,
        what + " is at work already: " + holder + ".",
        "Two drivers of one run would write over each other.",
        "Wait for it, or end it; what it has done is gone on with.");
  }

  static SparkPeftException leaseLost(String what, String holder) {
    return SparkPeftException.of(
        TRY_AGAIN,
        what + " was taken over: " + holder + ".",
        "This driver was silent for so long that it passed for dead.",
        "Leave the run to the other driver; this one's result is not kept.");
  }

  private static boolean has(Throwable thrown, String name) {
    for (Throwable at = thrown; at != null; at = at.getCause()) {
      if (at.getClass().getSimpleName().equals(name)) {
        return true;
      }
    }
    return false;
  }

  /** The deepest cause in one line: what Hadoop puts around it repeats it. */
  private static String reason(Throwable thrown) {
    Throwable deepest = thrown;
    while (deepest.getCause() != null) {
      deepest = deepest.getCause();
    }
    String text = String.valueOf(deepest.getMessage()).lines().findFirst().orElse("");
    return deepest.getClass().getSimpleName() + ": " + text + (text.endsWith(".") ? "" : ".");
  }
}
