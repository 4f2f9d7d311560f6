using Microsoft.Extensions.Hosting;

namespace NetSniff.Worker;

/// <summary>Signals are the business of the program, which ends its listeners when it will: not at once, for what is on
/// its way must be brought home first.</summary>
internal sealed class OwnersLifetime : IHostLifetime
{
    public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
