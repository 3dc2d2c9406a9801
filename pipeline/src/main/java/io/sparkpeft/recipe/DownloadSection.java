package io.sparkpeft.recipe;

import static io.sparkpeft.recipe.Key.NamedAfter.HUGGINGFACE_HUB;

import io.sparkpeft.hub.HubRepository;
import java.util.List;
import java.util.Optional;

/**
 * What is brought from a hub. Its address and token come from the environment, never from a recipe.
 *
 * @param repoId owner/name
 * @param revision a branch, a tag or a commit
 * @param allowPatterns files that are wanted; empty for all
 * @param ignorePatterns files among them that are not
 */
public record DownloadSection(
    Optional<String> repoId,
    HubRepository.Type repoType,
    String revision,
    List<String> allowPatterns,
    List<String> ignorePatterns) {

  static final Key<Optional<String>> REPO_ID =
      Key.optional(
              "download.repo_id",
              ValueTypes.TEXT,
              "none: download needs it",
              "The repository, owner/name, on the hub of HF_ENDPOINT.")
          .as(HUGGINGFACE_HUB);

  static final Key<HubRepository.Type> REPO_TYPE =
      Key.of(
              "download.repo_type",
              ValueTypes.oneOf(HubRepository.Type.class),
              HubRepository.Type.MODEL,
              "What the repository holds.")
          .as(HUGGINGFACE_HUB);

  static final Key<String> REVISION =
      Key.of("download.revision", ValueTypes.TEXT, "main", "A branch, a tag or a commit.")
          .as(HUGGINGFACE_HUB);

  static final Key<List<String>> ALLOW_PATTERNS =
      Key.of(
              "download.allow_patterns",
              ValueTypes.listOf(ValueTypes.TEXT),
              List.of(),
              "Which files, with the wildcards * and ?; empty for all.")
          .as(HUGGINGFACE_HUB);

  static final Key<List<String>> IGNORE_PATTERNS =
      Key.of(
              "download.ignore_patterns",
              ValueTypes.listOf(ValueTypes.TEXT),
              List.of(),
              "Which files are left out, likewise.")
          .as(HUGGINGFACE_HUB);

  static final List<Key<?>> KEYS =
      List.of(REPO_ID, REPO_TYPE, REVISION, ALLOW_PATTERNS, IGNORE_PATTERNS);

  static DownloadSection of(EffectiveRecipe recipe) {
    return new DownloadSection(
        recipe.value(REPO_ID),
        recipe.value(REPO_TYPE),
        recipe.value(REVISION),
        recipe.value(ALLOW_PATTERNS),
        recipe.value(IGNORE_PATTERNS));
  }

  /**
   * @throws io.sparkpeft.base.SparkPeftException (78) if none is named
   */
  public HubRepository repository() {
    return new HubRepository(
        repoType, repoId.orElseThrow(() -> RecipeErrors.notSet(REPO_ID)), revision);
  }
}
