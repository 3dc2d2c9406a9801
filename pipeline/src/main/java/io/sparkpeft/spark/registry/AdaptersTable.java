package io.sparkpeft.spark.registry;

import static org.apache.spark.sql.functions.col;

import io.delta.tables.DeltaTable;
import io.sparkpeft.base.Json;
import io.sparkpeft.spark.registry.AdapterVersion.Stage;
import io.sparkpeft.spark.table.TableCreation;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.ConcurrentModificationException;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.apache.spark.sql.SaveMode;
import org.apache.spark.sql.SparkSession;

/**
 * The Delta table adapters: a row for every version of every name, of which one is promoted.
 *
 * <p>A promotion replaces a name's rows in one commit, as the transaction of that name that follows
 * those it has read. Of several writers that have read the same, Delta lets one through; the others
 * read again. A run is in the rows that it promoted, so that told twice it promotes once.
 */
public final class AdaptersTable {
  private static final int TRIES = 20;

  private final SparkSession session;
  private final String path;

  /**
   * @param root where the tables lie: a path or URI; this one lies in its folder adapters
   */
  public AdaptersTable(SparkSession session, String root) {
    this.session = session;
    this.path = root.endsWith("/") ? root + "adapters" : root + "/adapters";
  }

  public String path() {
    return path;
  }

  /** All versions of a name, the oldest first; none if the name is new. */
  public List<AdapterVersion> versions(String name) {
    if (!DeltaTable.isDeltaTable(session, path)) {
      return List.of();
    }
    return session
        .read()
        .format("delta")
        .load(path)
        .filter(col("name").equalTo(name))
        .collectAsList()
        .stream()
        .map(AdapterRows::version)
        .sorted(Comparator.comparingLong(AdapterVersion::version))
        .toList();
  }

  /** The version of a name to use; none if the name is new. */
  public Optional<AdapterVersion> promoted(String name) {
    return versions(name).stream().filter(v -> v.stage() == Stage.PROMOTED).findFirst();
  }

  /**
   * A version of a name.
   *
   * @throws io.sparkpeft.base.SparkPeftException (66) with those there are, if there is no such one
   */
  public AdapterVersion version(String name, long version) {
    return find(versions(name), name, version);
  }

  private static AdapterVersion find(List<AdapterVersion> there, String name, long version) {
    return there.stream()
        .filter(v -> v.version() == version)
        .findFirst()
        .orElseThrow(() -> RegistryErrors.noVersion(name, version, there));
  }

  /** The version of a name that a run promoted, whatever became of it since. */
  public Optional<AdapterVersion> promotedBy(String runId, String name) {
    return promotedBy(runId, versions(name));
  }

  /**
   * Promotes an adapter as the next version of a name and archives the others; a run that did so
   * before does nothing.
   *
   * @return the version as this run promoted it
   * @throws io.sparkpeft.base.SparkPeftException (78) if the run promoted another adapter before,
   *     (73) if the table cannot be written, (75) if other writers came first too often
   */
  public AdapterVersion promote(String runId, String name, Candidate candidate) {
    AdapterVersion promoted =
        promote(runId, name, there -> candidate.version(name, there.size() + 1));
    if (!promoted.adapter().sha256().equals(candidate.adapter().sha256())) {
      throw RegistryErrors.otherAdapter(runId, promoted);
    }
    return promoted;
  }

  /**
   * Promotes an earlier version again, in the same way.
   *
   * @throws io.sparkpeft.base.SparkPeftException (66) if there is no such version; else as above
   */
  public AdapterVersion promoteAgain(String runId, String name, long version) {
    AdapterVersion promoted = promote(runId, name, there -> find(there, name, version));
    if (promoted.version() != version) {
      throw RegistryErrors.otherAdapter(runId, promoted);
    }
    return promoted;
  }

  private AdapterVersion promote(
      String runId, String name, Function<List<AdapterVersion>, AdapterVersion> choose) {
    ConcurrentModificationException last = null;
    for (int tries = 1; tries <= TRIES; tries++) {
      List<AdapterVersion> there = versions(name);
      Optional<AdapterVersion> done = promotedBy(runId, there);
      if (done.isPresent()) {
        return done.get();
      }
      try {
        write(runId, name, promotions(there) + 1, after(there, choose.apply(there), runId));
      } catch (ConcurrentModificationException e) {
        last = e;
      }
    }
    throw RegistryErrors.contended(path, name, last);
  }

  private static Optional<AdapterVersion> promotedBy(String runId, List<AdapterVersion> versions) {
    return versions.stream().filter(version -> version.runIds().contains(runId)).findFirst();
  }

  private static long promotions(List<AdapterVersion> versions) {
    return versions.stream().mapToLong(version -> version.runIds().size()).sum();
  }

  private static List<AdapterVersion> after(
      List<AdapterVersion> before, AdapterVersion chosen, String runId) {
    List<AdapterVersion> versions = new ArrayList<>();
    before.stream()
        .filter(version -> version.version() != chosen.version())
        .forEach(version -> versions.add(version.archived()));
    versions.add(chosen.promotedBy(runId, Instant.now()));
    return versions;
  }

  /**
   * @param promotion counts a name's promotions: Delta skips a number that it has had, and lets one
   *     of two writers of the same number through
   */
  private void write(String runId, String name, long promotion, List<AdapterVersion> versions) {
    try {
      TableCreation.ifAbsent(session, path, table -> table.addColumns(AdapterRows.SCHEMA));
      session
          .createDataFrame(versions.stream().map(AdapterRows::row).toList(), AdapterRows.SCHEMA)
          .coalesce(1)
          .write()
          .format("delta")
          .mode(SaveMode.Overwrite)
          .option("replaceWhere", "name = '" + name + "'")
          .option("txnAppId", "spark-peft/adapters/" + name)
          .option("txnVersion", promotion)
          .option("userMetadata", note(runId, name))
          .save(path);
    } catch (ConcurrentModificationException e) {
      throw e;
    } catch (Exception e) { // Scala's are not declared
      throw RegistryErrors.cannotWrite(path, name, e);
    }
  }

  private static String note(String runId, String name) {
    return Json.compact(
        Json.object().put("app", "spark-peft promote").put("run_id", runId).put("name", name));
  }
}
