using NetSniff.Packets;
using NetSniff.Worker.Ingest;

namespace NetSniff.Cli.Hosting;

/// <summary>Where a worker has names of addresses from.</summary>
internal interface IWorkerNames : IRecordEnricher, IAsyncDisposable
{
    /// <summary>What an address was called at a time; null where nobody says.</summary>
    string? NameOf(Address address, long timeNanos);

    /// <summary>Takes names from another file from now on.</summary>
    /// <param name="path">Empty for the command line's.</param>
    /// <returns>What is wrong with it, and then what was before goes on.</returns>
    string? Change(string path);
}
