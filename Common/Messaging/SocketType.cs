namespace Chorus.Common.Messaging;

/// <summary>libzmq's numbers of the socket types.</summary>
internal enum SocketType
{
    Pair = 0,
    Publisher = 1,
    Subscriber = 2,
    Request = 3,
    Reply = 4,
    Dealer = 5,
    Router = 6,
    XPublisher = 9,
    XSubscriber = 10,
}
