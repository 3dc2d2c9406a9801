/**
 * Every configuration key with its type, default, meaning and origin; the effective recipe; and the
 * plan: what would happen, computed without Spark and without weights.
 *
 * <p>A key is declared once, in the section it belongs to ({@link
 * io.sparkpeft.recipe.AdapterSection}, {@link io.sparkpeft.recipe.TrainSection}, ...). Parsing,
 * checking, the help of the jobs, the reference in conf/README.md and a run's identity all follow
 * from that declaration.
 */
package io.sparkpeft.recipe;
