using NetSniff.Config;

namespace NetSniff.Wire.Health;

/// <summary>Tells which configuration runs: as metrics, and as the condition `config`.</summary>
public sealed class ConfigHealth : IMetricSource
{
    private readonly Func<ConfigState> _state;
    private readonly Condition _condition;

    public ConfigHealth(HealthBoard board, Func<ConfigState> state)
    {
        ArgumentNullException.ThrowIfNull(board);
        (_state, _condition) = (state, board.AddCondition("config"));
        board.Add(this);
        Look();
    }

    /// <summary>Called after each look at the folder.</summary>
    public void Look()
    {
        var state = _state();
        if (state.Revision.Length == 0)
        {
            _condition.Set(false, state.Problems is [] ? "Pending" : "Invalid", string.Join("; ", state.Problems));
        }
        else if (state.Problems is [])
        {
            _condition.Set(true, "RevisionApplied", $"revision {state.Revision}");
        }
        else
        {
            // The last good one runs: that is worth a word and no reason to take the sensor away.
            _condition.Set(
                true, "LastGoodRevision",
                $"revision {state.Revision} goes on; what lies there now: {string.Join("; ", state.Problems)}");
        }
    }

    public void Read(MetricSink sink)
    {
        ArgumentNullException.ThrowIfNull(sink);
        var state = _state();
        if (state.Revision.Length > 0) sink.Add(Metrics.ConfigRevision, 1, state.Revision);
        sink.Add(Metrics.ConfigRejected, state.Rejected);
    }
}
