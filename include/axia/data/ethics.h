// ETHICS (S121): five branches of moral judgement, as a battery and as texts with labels.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

#include "axia/data/battery.h"

namespace axia::data {

/// Which file of a branch's folder is read: the one that ends in _test.csv, _test_hard.csv or
/// _train.csv. A single file is what it is: there hard is Error{usage}.
enum class EthicsSplit { test, hard, train };

/// Of a file one branch, told by its columns, and where they do not tell by the beginning of the
/// file's name (cm, justice, deontology, virtue, util). Commonsense and utilitarianism count right
/// answers; the others whole groups of consecutive rows (tag group), of 4, of virtue 5; rows after
/// the last whole group are left out with a warning. Tag branch: its name.
///
/// Of a folder all branches as one battery, from its folders commonsense, justice, deontology,
/// virtue and utilitarianism; an absent one is a warning. Throws Error{not_found} when all are
/// absent, Error{input} for two files of one split or a branch in another's folder.
Battery read_ethics(const std::filesystem::path& path, EthicsSplit split = EthicsSplit::test);

/// A branch as texts for a head that reads a model's states of them.
struct EthicsTexts {
    std::string branch, file;
    bool ranked = false;             // utilitarianism: texts 2i and 2i + 1 are row i, the more
                                     // pleasant first
    std::vector<std::string> texts;  // sentence, scenario; excuse or trait on a line of its own
    std::vector<int> labels;         // of each row, 1 = wrong, reasonable, or the trait is shown;
                                     // of ranked none
    std::vector<int> groups;         // of each row, from 0: rows of one group are scored together
    std::vector<std::size_t> lines;  // of each row, in its file
    double chance = .5;              // score of guessing
};
struct EthicsSet {
    std::vector<EthicsTexts> branches;
    std::vector<std::string> warnings;  // absent branches, rows left out
};

/// The same files as read_ethics. Throws as it does.
EthicsSet read_ethics_texts(const std::filesystem::path& path, EthicsSplit split);

/// Whether a folder holds a folder with the name of a branch.
bool is_ethics_folder(const std::filesystem::path& folder);

}  // namespace axia::data
