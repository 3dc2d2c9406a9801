package io.sparkpeft.spark.registry;

import io.sparkpeft.adapter.AdapterFiles;
import io.sparkpeft.adapter.AdapterProvenance;
import io.sparkpeft.base.LocalCopy;
import io.sparkpeft.base.Sha256;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * An adapter's files and what they were made from.
 *
 * @param path its folder, or its address in an object store
 * @param sha256 of its weights
 * @param configSha256 of adapter_config.json
 * @param lineage from the provenance file beside them; PEFT's own adapters have none
 */
public record AdapterIdentity(
    String path, String sha256, String configSha256, Optional<Lineage> lineage) {

  /**
   * @param modelSha256 of the base
   * @param tokenTable it was trained on
   * @param codeVersion of spark-peft
   */
  public record Lineage(
      String modelSha256,
      Optional<String> tokenTable,
      OptionalLong tokenTableVersion,
      String codeVersion) {}

  /**
   * @throws io.sparkpeft.base.SparkPeftException (66) if there is no adapter in the folder
   */
  public static AdapterIdentity read(Path folder) {
    return new AdapterIdentity(
        LocalCopy.name(folder),
        AdapterFiles.sha256(folder),
        Sha256.ofFile(folder.resolve(AdapterFiles.CONFIG)),
        AdapterProvenance.read(folder).map(AdapterIdentity::lineage));
  }

  private static Lineage lineage(AdapterProvenance provenance) {
    return new Lineage(
        provenance.baseSha256(),
        provenance.table(),
        provenance.tableVersion(),
        provenance.codeVersion());
  }

  /**
   * Reads the files again.
   *
   * @param folder the same as path, or a copy of what is there now
   * @throws io.sparkpeft.base.SparkPeftException (66) if they are gone, (65) if they have changed
   */
  public void requireUnchanged(Path folder) {
    AdapterIdentity now = read(folder);
    List<String> changed = new ArrayList<>();
    if (!now.sha256.equals(sha256)) {
      changed.add("the weights had sha256 " + sha256 + " and have " + now.sha256);
    }
    if (!now.configSha256.equals(configSha256)) {
      changed.add(
          AdapterFiles.CONFIG + " had sha256 " + configSha256 + " and has " + now.configSha256);
    }
    if (!changed.isEmpty()) {
      throw RegistryErrors.changed(path, changed);
    }
  }
}
