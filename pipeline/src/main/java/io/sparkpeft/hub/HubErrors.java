package io.sparkpeft.hub;

import io.sparkpeft.base.ExitCode;
import io.sparkpeft.base.SparkPeftException;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;

/** The failures of downloads. No text holds a token. */
final class HubErrors {
  private HubErrors() {}

  static SparkPeftException noRepositoryId(String id) {
    return SparkPeftException.of(
        ExitCode.CONFIGURATION,
        "'" + id + "' is no repository of a hub.",
        "An id is owner/name, of letters, digits, '.', '_' and '-'.",
        "Correct download.repo_id.");
  }

  static SparkPeftException pathLeavesTheFolder(String path) {
    return SparkPeftException.of(
        ExitCode.DATA,
        "The hub names a file '" + path + "'.",
        "That is a place outside the folder it is to be written to.",
        "Do not trust this hub: check HF_ENDPOINT.");
  }

  static SparkPeftException unreachable(URI endpoint, IOException cause) {
    return SparkPeftException.of(
        ExitCode.TRY_AGAIN,
        "Cannot reach the hub " + endpoint + ".",
        reason(cause),
        "Check the network and HF_ENDPOINT, then start again: what is there stays.",
        cause);
  }

  /** Some failures of the network have no text. */
  private static String reason(IOException cause) {
    String text = cause.getMessage() == null ? "" : ": " + cause.getMessage();
    return cause.getClass().getSimpleName() + text + ".";
  }

  static SparkPeftException refused(
      URI endpoint, HubRepository repository, int status, boolean hasToken) {
    String what = "The hub %s refuses %s (%d).".formatted(endpoint, repository, status);
    return switch (status) {
      case 401, 403 ->
          SparkPeftException.of(
              ExitCode.MISSING_INPUT,
              what,
              hasToken
                  ? "The token in HF_TOKEN does not open it."
                  : "It is not public or does not exist, and HF_TOKEN is not set.",
              "Check the id, set HF_TOKEN to a token that may read it, or accept its terms on the"
                  + " hub's page.");
      case 404 ->
          SparkPeftException.of(
              ExitCode.MISSING_INPUT,
              what,
              "There is no such repository, revision or file.",
              "Check download.repo_id, download.repo_type and download.revision.");
      default ->
          SparkPeftException.of(
              ExitCode.TRY_AGAIN,
              what,
              "The hub has a problem, or too many ask it.",
              "Start again later: what is there stays.");
    };
  }

  static SparkPeftException tooManyRedirects(URI endpoint, HubRepository repository) {
    return SparkPeftException.of(
        ExitCode.TRY_AGAIN,
        "The hub " + endpoint + " sends one round in circles for " + repository + ".",
        "Each answer names another place.",
        "Check HF_ENDPOINT.");
  }

  static SparkPeftException noFiles(HubRepository repository, int all) {
    return SparkPeftException.of(
        ExitCode.MISSING_INPUT,
        "Nothing of " + repository + " is wanted.",
        "It has " + all + " files, and the patterns leave none of them.",
        "Correct download.allow_patterns and download.ignore_patterns.");
  }

  static SparkPeftException noRoom(Path folder, long bytes, long room) {
    return SparkPeftException.of(
        ExitCode.CANNOT_WRITE,
        "There is no room for %,d bytes in %s.".formatted(bytes, folder),
        "%,d bytes are free.".formatted(room),
        "Free some, or set output.path to another disk.");
  }

  static SparkPeftException wrongHash(HubRepository repository, String file) {
    return SparkPeftException.of(
        ExitCode.DATA,
        file + " of " + repository + " came with another hash than the hub names.",
        "It was changed or damaged on its way; it is deleted here.",
        "Start again; if it happens again, do not trust what lies between.");
  }

  static SparkPeftException brokenOff(
      HubRepository repository, HubFile file, long bytes, IOException cause) {
    return SparkPeftException.of(
        ExitCode.TRY_AGAIN,
        "The transfer of %s of %s broke off at %,d of %,d bytes."
            .formatted(file.path(), repository, bytes, file.bytes()),
        reason(cause),
        "Start again: it goes on where it broke off.",
        cause);
  }
}
