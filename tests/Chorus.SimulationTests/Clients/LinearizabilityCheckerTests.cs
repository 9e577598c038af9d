using Chorus.Simulation.Clients;

namespace Chorus.SimulationTests.Clients;

public sealed class LinearizabilityCheckerTests
{
    private readonly List<Operation> _history = [];

    [Fact]
    public void Operations_one_after_the_other_are_linearizable()
    {
        Set(0, 1, value: 1);
        Get(2, 3, value: 1);
        Delete(4, 5, found: true);
        Get(6, 7, value: 0);

        Assert.True(LinearizabilityChecker.IsLinearizable(_history));
    }

    [Fact]
    public void A_read_of_what_was_overwritten_before_it_began_is_not()
    {
        Set(0, 1, value: 1);
        Set(2, 3, value: 2);
        Get(4, 5, value: 1);

        Assert.False(LinearizabilityChecker.IsLinearizable(_history));
    }

    [Fact]
    public void Reads_during_a_write_may_see_either_value_but_not_go_back()
    {
        Set(0, 1, value: 1);
        Set(2, 10, value: 2);
        Get(3, 4, value: 1);
        Get(5, 6, value: 2);
        Assert.True(LinearizabilityChecker.IsLinearizable(_history));

        Get(7, 8, value: 1);
        Assert.False(LinearizabilityChecker.IsLinearizable(_history));
    }

    [Fact]
    public void A_write_of_unknown_outcome_may_happen_late_or_never()
    {
        Set(0, 1, value: 1);
        Set(2, long.MaxValue, value: 2, Outcome.Unknown);
        Get(3, 4, value: 1);
        Assert.True(LinearizabilityChecker.IsLinearizable(_history));

        Get(50, 51, value: 2);
        Assert.True(LinearizabilityChecker.IsLinearizable(_history));

        Get(52, 53, value: 1);
        Assert.False(LinearizabilityChecker.IsLinearizable(_history));
    }

    [Fact]
    public void A_delete_tells_whether_there_was_something()
    {
        Set(0, 1, value: 1);
        Delete(2, 3, found: true);
        Delete(4, 5, found: false);
        Assert.True(LinearizabilityChecker.IsLinearizable(_history));

        Delete(6, 7, found: true);
        Assert.False(LinearizabilityChecker.IsLinearizable(_history));
    }

    [Fact]
    public void A_refused_write_must_not_be_seen()
    {
        Set(0, 1, value: 1, Outcome.Refused);
        Get(2, 3, value: 1);

        Assert.False(LinearizabilityChecker.IsLinearizable(_history));
    }

    [Fact]
    public void Many_concurrent_writes_are_decided_quickly()
    {
        for (int i = 0; i < 400; i++)
        {
            Set(i * 10, (i * 10) + 75, value: i + 1);
            Get((i * 10) + 60, (i * 10) + 80, value: i + 1);
        }
        for (int i = 0; i < 3; i++)
            Set(5, long.MaxValue, value: 10_000 + i, Outcome.Unknown);
        _history.Sort((a, b) => a.CalledAt.CompareTo(b.CalledAt));

        Assert.True(LinearizabilityChecker.IsLinearizable(_history));
    }

    [Fact]
    public void The_order_of_the_log_explains_what_a_search_would_not_find_in_time()
    {
        // All at once, and none of the reads leaves a choice but the one of the log.
        for (int i = 1; i <= 60; i++)
        {
            Set(0, 100_000, value: i);
            Get(i * 100, 100_000, value: i);
        }
        Index(value => (ulong)(61 - value));

        Assert.True(LogOrder.Explains(_history));
        Assert.True(LinearizabilityChecker.IsLinearizable(_history));
    }

    [Fact]
    public void The_order_of_the_log_does_not_explain_a_stale_read_or_a_wrong_answer_to_a_delete()
    {
        Set(0, 1, value: 1);
        Set(2, 3, value: 2);
        Get(4, 5, value: 1);
        Index(value => (ulong)value);
        Assert.False(LogOrder.Explains(_history));

        _history.RemoveAt(2);
        Get(4, 5, value: 2);
        Delete(6, 7, found: false);
        Index(value => value == 0 ? 9 : (ulong)value);
        Assert.False(LogOrder.Explains(_history));
    }

    [Fact]
    public void A_get_of_nothing_stands_before_the_first_write_or_behind_a_delete()
    {
        Get(0, 10, value: 0);
        Set(5, 6, value: 1);
        Delete(7, 8, found: true);
        Get(9, 10, value: 0);
        Set(11, 12, value: 2);
        Index(value => value == 0 ? 2 : (ulong)value * 2 - 1);
        Assert.True(LogOrder.Explains(_history));

        Get(13, 14, value: 0);
        Assert.False(LogOrder.Explains(_history));
    }

    private void Index(Func<int, ulong> indexOf)
    {
        foreach (Operation operation in _history)
            operation.Index = indexOf(operation.Value);
    }

    private void Set(long from, long until, int value, Outcome outcome = Outcome.Done) =>
        Add(OperationKind.Set, from, until, value, false, outcome);

    private void Get(long from, long until, int value) =>
        Add(OperationKind.Get, from, until, value, value != 0, Outcome.Done);

    private void Delete(long from, long until, bool found) =>
        Add(OperationKind.Delete, from, until, 0, found, Outcome.Done);

    private void Add(OperationKind kind, long from, long until, int value, bool found, Outcome outcome) =>
        _history.Add(new Operation
        {
            Number = _history.Count + 1,
            Client = "c",
            Kind = kind,
            Key = 0,
            Value = value,
            CalledAt = from,
            ReturnedAt = until,
            Outcome = outcome,
            Found = found,
        });
}
