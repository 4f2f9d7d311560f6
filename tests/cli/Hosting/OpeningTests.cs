using System.Net;
using System.Net.Sockets;
using NetSniff.Cli.Hosting;
using NetSniff.Wire.Health;

namespace NetSniff.Tests.Cli.Hosting;

public sealed class OpeningTests
{
    [Fact]
    public async Task A_port_that_is_taken_is_told_with_the_option_that_names_it()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var endpoint = (IPEndPoint)taken.LocalEndpoint;
        var board = new HealthBoard("sensor", "1", TimeProvider.System);
        var problem = await Assert.ThrowsAsync<IOException>(() => Opening.AtAsync(
            "--health", endpoint, HealthListener.StartAsync(
                new HealthOptions { Address = endpoint.Address, Port = endpoint.Port }, board,
                TestContext.Current.CancellationToken)));
        Assert.StartsWith(
            $"--health {endpoint}: another program listens there", problem.Message, StringComparison.Ordinal);
    }
}
