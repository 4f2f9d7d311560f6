using NetSniff.Pipeline;
using NetSniff.Wire.V1;
using NetSniff.Worker;
using NetSniff.Worker.Serve;

namespace NetSniff.Cli.Hosting;

/// <summary>What the query port tells of the worker behind it.</summary>
internal sealed class WorkerAccount(WorkerHost host) : IWorkerAccount
{
    public string Name => host.Name;

    public string Version => host.Version;

    public long StartedNanos => host.StartedNanos;

    public long LagNanos => host.LagNanos;

    public IEnumerable<LedgerLine> Ledger() => host.Ledger();

    public IEnumerable<SensorState> Sensors() => host.Sensors();
}
