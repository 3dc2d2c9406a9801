package io.sparkpeft.adapter;

import io.sparkpeft.base.BaseErrors;
import io.sparkpeft.base.NewFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * Several adapters of one base beside each other, as PEFT's {@code save_pretrained} lays them: the
 * one called {@code default} in the folder itself, every other in a folder of its name below.
 */
public final class AdapterFolder {
  /** PEFT's name of an adapter that was given none. */
  public static final String DEFAULT = "default";

  private AdapterFolder() {}

  /** Where the adapter of that name lies, or would. */
  public static Path of(Path folder, String name) {
    return name.equals(DEFAULT) ? folder : folder.resolve(name);
  }

  /** The folders of all adapters there are, by name. */
  public static SortedMap<String, Path> list(Path folder) {
    SortedMap<String, Path> found = new TreeMap<>();
    if (isAdapter(folder)) {
      found.put(DEFAULT, folder);
    }
    try (Stream<Path> below = Files.list(folder)) {
      below
          .filter(AdapterFolder::isAdapter)
          .forEach(path -> found.put(path.getFileName().toString(), path));
    } catch (IOException e) {
      throw BaseErrors.cannotRead(folder, e);
    }
    return Collections.unmodifiableSortedMap(found);
  }

  private static boolean isAdapter(Path folder) {
    return Files.isRegularFile(folder.resolve(AdapterFiles.CONFIG));
  }

  /**
   * Saves all of them; each reads back what it wrote.
   *
   * @param folder exists; the caller makes it appear whole
   * @param baseModelName what configurations name as their base that name none yet
   * @throws io.sparkpeft.base.SparkPeftException (73, 65) as {@link Adapter#save}; (78) for a name
   *     that cannot be a folder's
   */
  public static void save(Path folder, Map<String, Adapter> adapters, String baseModelName) {
    adapters.keySet().forEach(AdapterFolder::requireName);
    adapters.forEach((name, adapter) -> adapter.save(of(folder, name), baseModelName));
  }

  private static void requireName(String name) {
    if (!name.matches("[\\w.-]+") || name.startsWith(".")) {
      throw AdapterErrors.noNameOfAnAdapter(name);
    }
  }

  /**
   * Deletes one of them and leaves the others.
   *
   * @throws io.sparkpeft.base.SparkPeftException (66) if there is none of that name
   */
  public static void delete(Path folder, String name) {
    Path own = of(folder, name);
    if (!isAdapter(own)) {
      throw AdapterErrors.noAdapter(own);
    }
    if (!name.equals(DEFAULT)) {
      NewFolder.deleteTree(own);
      return;
    }
    List<String> files =
        List.of(
            AdapterFiles.CONFIG,
            AdapterFiles.WEIGHTS,
            AdapterFiles.PICKLED_WEIGHTS,
            AdapterFiles.MODEL_CARD,
            AdapterFiles.PROVENANCE);
    for (String file : files) {
      NewFolder.deleteTree(own.resolve(file));
    }
  }
}
