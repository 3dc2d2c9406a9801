package io.sparkpeft;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchRule;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The rooms of the house: each may use those above it in the list, never those below. */
class HouseTest {
  private static final List<String> ROOMS =
      List.of(
          "base",
          "tensor",
          "weights",
          "quant",
          "text",
          "data",
          "adapter",
          "model",
          "convert",
          "optim",
          "collective",
          "train",
          "eval",
          "hub",
          "recipe",
          "chart",
          "spark",
          "report",
          "api");

  private static final JavaClasses HOUSE =
      new ClassFileImporter()
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
          .importPackages("io.sparkpeft");

  @Test
  void everyClassLivesInARoom() {
    String[] rooms = ROOMS.stream().map(HouseTest::everythingIn).toArray(String[]::new);
    ArchRule rule = classes().should().resideInAnyPackage(rooms);
    rule.because("pipeline/README.md lists the rooms").check(HOUSE);
  }

  @Test
  void importsGoOnlyUpward() {
    for (int i = 0; i < ROOMS.size() - 1; i++) {
      String[] below =
          ROOMS.subList(i + 1, ROOMS.size()).stream()
              .map(HouseTest::everythingIn)
              .toArray(String[]::new);
      noClasses()
          .that()
          .resideInAPackage(everythingIn(ROOMS.get(i)))
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(below)
          .because("a room uses the rooms above it: " + ROOMS)
          .allowEmptyShould(true)
          .check(HOUSE);
    }
  }

  @Test
  void trainAndEvalDoNotKnowEachOther() {
    noClasses()
        .that()
        .resideInAPackage(everythingIn("eval"))
        .should()
        .dependOnClassesThat()
        .resideInAPackage(everythingIn("train"))
        .because("they are siblings")
        .allowEmptyShould(true)
        .check(HOUSE);
  }

  @Test
  void onlySparkAndApiKnowSpark() {
    noClasses()
        .that()
        .resideOutsideOfPackages(everythingIn("spark"), everythingIn("api"))
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(
            "org.apache.spark..", "org.apache.hadoop..", "io.delta..", "scala..", "io.netty..")
        .because("everything above spark runs in a plain JVM")
        .check(HOUSE);
  }

  @Test
  void onlyTensorAndTheTokenizerKnowTheEngine() {
    noClasses()
        .that()
        .resideOutsideOfPackages(everythingIn("tensor"), everythingIn("text"))
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(
            "ai.djl.engine..", "ai.djl.pytorch..", "ai.djl.inference..", "ai.djl.training..")
        .because("tensor is the only door to libtorch")
        .check(HOUSE);
  }

  /** Both look for a CUDA runtime under a name that installed ones do not have. */
  @Test
  void devicesComeFromSparkAndNotFromDjl() {
    noClasses()
        .should()
        .callMethod(ai.djl.engine.Engine.class, "getGpuCount")
        .orShould()
        .callMethod(ai.djl.engine.Engine.class, "defaultDevice")
        .orShould()
        .callMethod(ai.djl.engine.Engine.class, "newBaseManager")
        .orShould()
        .callMethod(ai.djl.ndarray.NDManager.class, "newBaseManager")
        .orShould()
        .callMethod(ai.djl.ndarray.NDManager.class, "newBaseManager", String.class)
        .because("a task's device is the GPU address that Spark gave it, else the CPU")
        .check(HOUSE);
  }

  @Test
  void collectiveKnowsNoTensors() {
    noClasses()
        .that()
        .resideInAPackage(everythingIn("collective"))
        .should()
        .dependOnClassesThat()
        .resideInAPackage("ai.djl..")
        .because("it moves numbers, whatever they mean")
        .check(HOUSE);
  }

  private static String everythingIn(String room) {
    return "io.sparkpeft." + room + "..";
  }
}
