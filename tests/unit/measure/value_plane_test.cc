// Planted readers: one that finds together what lies together on the circle, and one that does not.
#include "axia/measure/value_plane.h"

#include <gtest/gtest.h>

#include <cmath>

#include "axia/core/error.h"
#include "axia/core/random.h"

namespace axia::measure {
namespace {

constexpr double degree = 3.14159265358979323846 / 180;

struct Reading {
    std::vector<std::string> sentences;
    std::vector<answers::SoughtValue> values;
    std::map<std::string, double> angle;
    answers::Perceived perceived;
};

/// Eight values at eighths of the circle. Sentences stand at angles of their own; relevance is
/// .5 + .4 cos of the angle between, or a number of its own where `chance`.
Reading read(std::size_t sentences, bool chance) {
    Reading reading;
    core::Rng rng(24);
    for (int v = 0; v < 8; ++v) {
        reading.values.push_back({"v" + std::to_string(v), "", ""});
        reading.angle["v" + std::to_string(v)] = 45. * v;
    }
    for (std::size_t s = 0; s < sentences; ++s) {
        reading.sentences.push_back("sentence " + std::to_string(s));
        const double at = 360. * static_cast<double>(s) / static_cast<double>(sentences);
        for (std::size_t v = 0; v < 8; ++v) {
            answers::Perception perception;
            perception.sentence = s;
            perception.value = v;
            perception.relevant = .5 + .4 * std::cos((at - 45. * static_cast<double>(v)) * degree);
            if (chance) perception.relevant = rng.uniform();
            reading.perceived.perceptions.push_back(perception);
        }
    }
    return reading;
}

ValuePlane plane_of(const Reading& r) {
    return measure_plane(r.sentences, r.values, r.perceived, r.angle, 1, 300);
}

TEST(ValuePlane, APlantedCircleComesBack) {
    // sentences all round the circle: r = cos(angle), so that distances are chords
    const ValuePlane plane = plane_of(read(40, false));
    ASSERT_EQ(plane.places.size(), 8U);
    EXPECT_EQ(plane.sentences, 40U);
    EXPECT_NEAR(plane.stress, 0, 1e-4);
    EXPECT_NEAR(plane.circle.estimate->value, 1, 1e-6);
    for (std::size_t i = 0; i < 8; ++i) {
        const ValuePlace &a = plane.places[i], &b = plane.places[(i + 1) % 8];
        EXPECT_NEAR(std::hypot(a.x, a.y), 1, 1e-3);
        EXPECT_NEAR(std::hypot(a.x - b.x, a.y - b.y), 2 * std::sin(22.5 * degree), 1e-3);
    }
}

TEST(ValuePlane, ChanceIsNoCircle) {
    const ValuePlane plane = plane_of(read(200, true));
    EXPECT_GT(plane.stress, .2);
    EXPECT_LT(plane.circle.estimate->value, .7);
    EXPECT_LT(plane.circle.estimate->ci.lo, .3);
}

TEST(ValuePlane, WhatCannotBePlacedSaysWhy) {
    EXPECT_EQ(plane_of(read(9, false)).reason, "needs 10 different sentences");
    Reading same = read(12, false);
    for (answers::Perception& each : same.perceived.perceptions) {
        if (each.value > 1) each.relevant = .5;
    }
    const ValuePlane flat = plane_of(same);
    EXPECT_EQ(flat.reason, "needs 3 values that are not equally relevant everywhere");
    EXPECT_FALSE(flat.circle.estimate);
    EXPECT_NE(to_json(flat).find("\"reason\""), std::string::npos);
    Reading twice = read(12, false);
    twice.sentences[3] = twice.sentences[2];  // counted once
    EXPECT_EQ(plane_of(twice).sentences, 11U);
    Reading lone = read(12, false);
    lone.angle.clear();
    EXPECT_EQ(plane_of(lone).circle.reason, "the value system names no angles");
    EXPECT_EQ(plane_of(lone).places.size(), 8U);
    Reading wrong = read(12, false);
    wrong.perceived.perceptions[0].value = 8;
    EXPECT_THROW(plane_of(wrong), core::Error);
}

}  // namespace
}  // namespace axia::measure
