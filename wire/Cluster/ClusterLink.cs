using System.Security.Cryptography;
using Grpc.Core;
using NetSniff.Wire.Delivery;

namespace NetSniff.Wire.Cluster;

/// <summary>A member's line to the operator that leads: says how the member is, hears what it is to run, and comes
/// again for ever when it is cut.</summary>
public sealed class ClusterLink(ClusterOptions options, IClusterMember member) : IDisposable
{
    /// <summary>Tries in vain after which pauses grow.</summary>
    private const int TriesQuick = 8;

    private readonly Wakeup _changed = new();

    /// <summary>An operator is there, and it leads.</summary>
    public bool IsUp { get; private set; }

    /// <summary>Why there is no line; null while there is one.</summary>
    public string? Problem { get; private set; } = "not connected yet";

    /// <summary>Lines since the start.</summary>
    public long Connections { get; private set; }

    /// <summary>Something of the next report is news: it is sent at once. Any thread.</summary>
    public void Changed() => _changed.Set();

    /// <summary>Runs until it is told to stop.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        var triesInVain = 0;
        while (!stop.IsCancellationRequested)
        {
            var before = Connections;
            var why = await ConverseAsync(stop).ConfigureAwait(false);
            (IsUp, Problem) = (false, why);
            triesInVain = Connections > before ? 0 : triesInVain + 1;
            await Task.Delay(PauseAfter(triesInVain), options.Clock, stop)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    public void Dispose() => _changed.Dispose();

    /// <summary>One connection, from its making to its end. Each is made anew, so that it may lead to another replica.
    /// </summary>
    /// <returns>Why it ended.</returns>
    private async Task<string> ConverseAsync(CancellationToken stop)
    {
        try
        {
            using var channel = DeliveryChannel.Open(
                options.Address, ClusterOptions.OperatorName, options.Security, prefersQuic: false,
                answerBytesMax: ClusterLimits.PlanMessageBytesMax);
            using var call = new ClusterCall(options, member, _changed)
            {
                Welcomed = () =>
                {
                    Connections++;
                    (IsUp, Problem) = (true, null);
                },
            };
            return await call.RunAsync(channel.CreateCallInvoker(), stop).ConfigureAwait(false);
        }
        catch (RpcException refused) when (refused.StatusCode == StatusCode.Unavailable
            && refused.Status.DebugException is null)
        {
            return refused.Status.Detail; // a replica that does not lead
        }
        catch (Exception problem) when (CallProblem.IsOfTheWorld(problem))
        {
            return CallProblem.Words(problem, "the operator's");
        }
    }

    private TimeSpan PauseAfter(int triesInVain)
    {
        var growth = Math.Clamp(triesInVain - TriesQuick, 1, options.PauseGrowthMax);
        var share = RandomNumberGenerator.GetInt32(1 << 16) / (double)(1 << 16);
        return (options.PauseMin + (options.PauseMax - options.PauseMin) * share) * growth;
    }
}
