using System.Diagnostics;
using System.Globalization;
using Chorus.Common.Messaging;

// RoundTripBench [SECONDS [BYTES]]: one request outstanding between a DEALER and the ROUTER of a second process, which
// sends back what it gets. Prints one line of JSON. RoundTripBench answer ENDPOINT is that second process.
CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
if (args is ["answer", var at])
    Answer(Endpoint.Parse(at));
else
    Ask(args.Length > 0 ? double.Parse(args[0]) : 5, args.Length > 1 ? int.Parse(args[1]) : 64);

static void Answer(Endpoint endpoint)
{
    using var context = new ZmqContext();
    using var socket = new RouterSocket(context);
    using var frame = new ZmqMessage();
    socket.Bind(endpoint);
    var poller = new Poller();
    poller.Add(socket);
    while (true)
    {
        poller.Wait(-1);
        while (socket.TryReceiveFrame(frame))
            socket.SendFrame(frame.Span, frame.More);
    }
}

static void Ask(double seconds, int bytes)
{
    var endpoint = new Endpoint(Endpoint.Loopback, 21990);
    using var other = Process.Start(
        new ProcessStartInfo(Environment.ProcessPath!, ["answer", endpoint.ToString()]))!;
    try
    {
        using var context = new ZmqContext();
        using var socket = new DealerSocket(context);
        using var frame = new ZmqMessage();
        var poller = new Poller();
        poller.Add(socket);
        socket.Connect(endpoint);
        byte[] request = new byte[bytes];
        List<double> micros = [];
        long start = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(start).TotalSeconds < seconds + 1)
        {
            long sent = Stopwatch.GetTimestamp();
            socket.SendFrame(request);
            while (!socket.TryReceiveFrame(frame))
                poller.Wait(-1);
            // The first second warms up.
            if (Stopwatch.GetElapsedTime(start).TotalSeconds > 1)
                micros.Add(Stopwatch.GetElapsedTime(sent).TotalMicroseconds);
        }
        micros.Sort();
        Console.WriteLine(
            $"{{\"n\": {micros.Count}, \"p50_us\": {micros[micros.Count / 2]:F0}, "
            + $"\"p99_us\": {micros[micros.Count * 99 / 100]:F0}}}");
    }
    finally
    {
        other.Kill();
    }
}
