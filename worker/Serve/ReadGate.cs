using Grpc.Core;

namespace NetSniff.Worker.Serve;

/// <summary>Lets only so many read the store at one time.</summary>
internal sealed class ReadGate(int most, TimeSpan wait) : IDisposable
{
    private readonly SemaphoreSlim _places = new(most);

    public async Task<Place> EnterAsync(CancellationToken cancel)
    {
        if (await _places.WaitAsync(wait, cancel).ConfigureAwait(false)) return new Place(_places);

        throw new RpcException(new Status(
            StatusCode.ResourceExhausted, $"{most} such questions are being answered already; try again"));
    }

    public void Dispose() => _places.Dispose();

    internal readonly struct Place(SemaphoreSlim places) : IDisposable
    {
        public void Dispose() => places.Release();
    }
}
