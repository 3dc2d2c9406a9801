package io.sparkpeft.train;

import io.sparkpeft.base.BaseErrors;
import io.sparkpeft.base.FolderMirror;
import io.sparkpeft.base.NewFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The checkpoints of one run: a folder {@code step-000123} for each, which is complete or absent.
 * One rank writes; all may read. The folder must be the same for all of them.
 */
public final class CheckpointStore {
  /** The file that makes a checkpoint complete. */
  public static final String LAST_FILE = CheckpointFiles.DESCRIPTION;

  private static final Pattern NAME = Pattern.compile("step-\\d{6,}");

  private final Path folder;
  private final CheckpointIdentity identity;
  private final FolderMirror mirror;

  /**
   * @param folder where the checkpoints lie; made when the first is written
   * @param identity of the run that writes and resumes here
   */
  public CheckpointStore(Path folder, CheckpointIdentity identity) {
    this(folder, identity, FolderMirror.NONE);
  }

  /**
   * @param mirror hears of every checkpoint that was written and of every one that was deleted
   */
  public CheckpointStore(Path folder, CheckpointIdentity identity, FolderMirror mirror) {
    this.folder = folder;
    this.identity = identity;
    this.mirror = mirror;
  }

  /**
   * The newest checkpoint whose files are what was written. Others are passed over with a warning.
   * One process decides by it what all ranks resume from.
   */
  public static Optional<Path> latest(Path folder, Consumer<String> warnings) {
    for (Path checkpoint : newestFirst(folder)) {
      Optional<String> damage = CheckpointFiles.damage(checkpoint);
      if (damage.isEmpty()) {
        return Optional.of(checkpoint);
      }
      warnings.accept(
          "The checkpoint %s is damaged and passed over: %s.".formatted(checkpoint, damage.get()));
    }
    return Optional.empty();
  }

  /** The step that a checkpoint's folder is named after. */
  public static long stepOf(Path checkpoint) {
    String name = checkpoint.getFileName().toString();
    if (!NAME.matcher(name).matches()) {
      throw TrainErrors.notACheckpoint(checkpoint);
    }
    return Long.parseLong(name.substring(name.indexOf('-') + 1));
  }

  /**
   * @throws io.sparkpeft.base.SparkPeftException (65) if its files are damaged, (66) if it does not
   *     exist, (78) with the differences if another run wrote it
   */
  Checkpoint load(Path checkpoint) {
    if (!Files.isDirectory(checkpoint)) {
      throw TrainErrors.noSuchCheckpoint(checkpoint);
    }
    CheckpointFiles.damage(checkpoint)
        .ifPresent(
            damage -> {
              throw TrainErrors.damaged(checkpoint, damage);
            });
    List<String> differences = identity.differences(CheckpointFiles.readIdentity(checkpoint));
    if (!differences.isEmpty()) {
      throw TrainErrors.otherRun(checkpoint, differences);
    }
    return CheckpointFiles.read(checkpoint);
  }

  /**
   * Writes a checkpoint and deletes those that are too many.
   *
   * @param kept how many of the newest stay
   */
  Path save(Checkpoint checkpoint, int kept) {
    Path target = folder.resolve("step-%06d".formatted(checkpoint.progress().steps()));
    // A damaged checkpoint of this step was passed over on resuming, and is now made anew.
    NewFolder.deleteTree(target);
    try (NewFolder aside = NewFolder.at(target)) {
      CheckpointFiles.write(aside.path(), checkpoint, identity);
      aside.commit();
    }
    mirror.written(target);
    newestFirst(folder).stream().skip(kept).forEach(this::delete);
    return target;
  }

  private void delete(Path checkpoint) {
    NewFolder.deleteTree(checkpoint);
    mirror.deleted(checkpoint);
  }

  private static List<Path> newestFirst(Path folder) {
    if (!Files.isDirectory(folder)) {
      return List.of();
    }
    try (Stream<Path> entries = Files.list(folder)) {
      return entries
          .filter(entry -> NAME.matcher(entry.getFileName().toString()).matches())
          .sorted(Comparator.comparingLong(CheckpointStore::stepOf).reversed())
          .toList();
    } catch (IOException e) {
      throw BaseErrors.cannotRead(folder, e);
    }
  }
}
