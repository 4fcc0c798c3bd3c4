#include <array>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cenote/detail/intrusive_list.hpp>

namespace cenote {
namespace {

struct Member {
  int value = 0;
  ListLink<Member> link{};
  ListLink<Member> other{};
};
using List = IntrusiveList<Member, &Member::link>;

std::vector<int> values(const List& list) {
  std::vector<int> result;
  for (const Member* m = list.front(); m != nullptr; m = List::next_of(*m)) result.push_back(m->value);
  return result;
}

class IntrusiveListOfThree : public testing::Test {
 protected:
  IntrusiveListOfThree() {
    for (Member& m : members) list.push_back(m);
  }
  std::array<Member, 3> members{{{1}, {2}, {3}}};
  List list;
};

TEST(IntrusiveList, StartsEmpty) {
  List list;
  EXPECT_TRUE(list.empty());
  EXPECT_EQ(list.pop_front(), nullptr);
  EXPECT_EQ(list.back(), nullptr);
}

TEST(IntrusiveList, PushesAtBothEnds) {
  std::array<Member, 3> m{{{1}, {2}, {3}}};
  List list;
  list.push_back(m[0]);
  list.push_front(m[1]);
  list.push_back(m[2]);
  EXPECT_THAT(values(list), testing::ElementsAre(2, 1, 3));
  EXPECT_EQ(list.back(), &m[2]);
}

TEST_F(IntrusiveListOfThree, UnlinksAnyMember) {
  list.remove(members[1]);
  EXPECT_THAT(values(list), testing::ElementsAre(1, 3));
  list.remove(members[2]);
  EXPECT_EQ(list.back(), &members[0]);
  list.remove(members[0]);
  EXPECT_TRUE(list.empty());
}

TEST_F(IntrusiveListOfThree, AnUnlinkedMemberMayComeBack) {
  list.remove(members[0]);
  list.push_back(members[0]);
  EXPECT_THAT(values(list), testing::ElementsAre(2, 3, 1));
}

TEST_F(IntrusiveListOfThree, PopsInOrder) {
  for (const int expected : {1, 2, 3}) EXPECT_EQ(list.pop_front()->value, expected);
  EXPECT_TRUE(list.empty());
}

TEST_F(IntrusiveListOfThree, AMemberIsOnAsManyListsAsItHasLinks) {
  IntrusiveList<Member, &Member::other> second;
  for (Member& m : members) second.push_front(m);
  second.remove(members[1]);
  EXPECT_THAT(values(list), testing::ElementsAre(1, 2, 3));
  EXPECT_EQ(second.front()->value, 3);
}

}  // namespace
}  // namespace cenote
